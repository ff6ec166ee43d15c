select
    cast(seller_id as string) as shop_id,
    transaction_key,
    transaction_number,
    transaction_date as booked_on,
    transaction_type,
    fee_name,
    fee_type,
    {{ decimal('amount') }} as amount,
    paid_status = 'Yes' as is_paid_out,
    statement,
    nullif(order_no, '') as order_id,
    nullif(orderitem_no, '') as unit_id,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_lazada', 'transactions') }}
