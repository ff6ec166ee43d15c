select
    cast(seller_id as string) as shop_id,
    order_id,
    cast(created_at as timestamp) as created_at,
    cast(updated_at as timestamp) as updated_at,
    {{ decimal('price') }} as price,
    {{ decimal('voucher') }} as voucher,
    {{ decimal('shipping_fee') }} as shipping_fee,
    payment_method,
    item_list,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_lazada', 'orders') }}
