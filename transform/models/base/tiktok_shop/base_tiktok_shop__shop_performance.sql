select
    shop_id,
    start_date as date,
    {{ json_decimal('gmv', 'amount') }} as gmv,
    orders,
    units_sold,
    buyers,
    product_impressions,
    product_page_views,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_tiktok_shop', 'shop_performance') }}
