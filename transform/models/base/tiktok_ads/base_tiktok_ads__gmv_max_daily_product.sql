select
    advertiser_id as account_id,
    store_id,
    campaign_id,
    item_group_id as product_id,
    cast(date_start as date) as date,
    currency,
    {{ decimal('cost') }} as spend,
    cast(orders as bigint) as conversions,
    {{ decimal('gross_revenue') }} as conversion_value,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_tiktok_ads', 'gmv_max_daily_product') }}
