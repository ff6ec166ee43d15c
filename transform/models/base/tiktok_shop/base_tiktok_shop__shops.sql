select
    shop_id,
    name as shop_name,
    region,
    seller_type,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_tiktok_shop', 'shops') }}
