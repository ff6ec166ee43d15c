select
    cast(shop_id as string) as shop_id,
    return_sn,
    order_sn,
    status,
    reason,
    {{ decimal('refund_amount') }} as refund_amount,
    currency,
    cast(return_solution as bigint) as return_solution,
    cast(create_time as timestamp) as created_at,
    cast(update_time as timestamp) as updated_at,
    item,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_shopee', 'returns') }}
