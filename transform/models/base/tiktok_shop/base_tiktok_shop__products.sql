select
    shop_id,
    id as product_id,
    title,
    status as product_status,
    cast(create_time as timestamp) as created_at,
    cast(update_time as timestamp) as updated_at,
    skus,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_tiktok_shop', 'products') }}
