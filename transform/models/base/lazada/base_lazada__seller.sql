select
    cast(seller_id as string) as shop_id,
    name as shop_name,
    short_code,
    cb as is_cross_border,
    status,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_lazada', 'seller') }}
