select
    cast(seller_id as string) as shop_id,
    item_id as product_id,
    cast(primary_category as string) as category_id,
    {{ json_text('attributes', 'name') }} as product_name,
    {{ json_text('attributes', 'brand') }} as brand_name,
    status as product_status,
    cast(created_time as timestamp) as created_at,
    cast(updated_time as timestamp) as updated_at,
    skus,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_lazada', 'products') }}
