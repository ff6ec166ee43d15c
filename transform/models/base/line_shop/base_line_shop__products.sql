select
    shop_id,
    cast(id as string) as product_id,
    name as product_name,
    code as product_code,
    nullif(brand, '') as brand_name,
    {{ json_text('category', 'id') }} as category_id,
    isdisplay as is_displayed,
    variants,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_line_shop', 'products') }}
