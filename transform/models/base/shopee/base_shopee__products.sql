select
    cast(shop_id as string) as shop_id,
    cast(item_id as string) as item_id,
    cast(category_id as string) as category_id,
    item_name,
    item_sku,
    item_status,
    coalesce(has_model, false) as has_model,
    {{ json_text('brand', 'original_brand_name') }} as brand_name,
    {{ json_decimal('price_info', '[0].original_price') }} as original_price,
    {{ json_decimal('price_info', '[0].current_price') }} as current_price,
    {{ json_integer('stock_info_v2', 'summary_info.total_available_stock') }} as available_stock,
    cast(create_time as timestamp) as created_at,
    cast(update_time as timestamp) as updated_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_shopee', 'products') }}
