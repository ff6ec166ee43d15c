select
    cast(seller_id as string) as account_id,
    cast(campaignid as string) as campaign_id,
    producttype as product_type,
    cast(date as date) as date,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks,
    {{ decimal('spend') }} as spend,
    cast(storeorders as bigint) as store_orders,
    {{ decimal('storerevenue') }} as store_revenue,
    currency,
    time_zone,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_lazada_ads', 'campaign_daily') }}
