select
    advertiser_id as account_id,
    store_id,
    campaign_id,
    item_group_id as product_id,
    item_id as creative_id,
    cast(date_start as date) as date,
    cast(product_impressions as bigint) as impressions,
    cast(product_clicks as bigint) as clicks,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_tiktok_ads', 'gmv_max_daily_creative') }}
