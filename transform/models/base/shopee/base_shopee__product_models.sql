select
    cast(shop_id as string) as shop_id,
    cast(item_id as string) as item_id,
    cast(model_id as string) as model_id,
    model_name,
    model_sku,
    model_status,
    {{ json_decimal('price_info', '[0].original_price') }} as original_price,
    {{ json_decimal('price_info', '[0].current_price') }} as current_price,
    {{ json_integer('stock_info_v2', 'summary_info.total_available_stock') }} as available_stock,
    cast(item_update_time as timestamp) as item_updated_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_shopee', 'product_models') }}
