select
    cast(shop_id as string) as account_id,
    cast(campaign_id as string) as campaign_id,
    cast(date as date) as date,
    cast(impression as bigint) as impressions,
    cast(clicks as bigint) as clicks,
    {{ decimal('expense') }} as spend,
    cast(broad_order as bigint) as broad_orders,
    {{ decimal('broad_gmv') }} as broad_gmv,
    currency,
    time_zone,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_shopee_ads', 'gms_daily') }}
