-- Orders of any product of the store are conversions; they include those of the promoted product.
select
    days.account_id,
    days.campaign_id,
    campaigns.campaign_name,
    days.adgroup_id as adset_id,
    days.keyword_id,
    days.keyword,
    cast(null as string) as match_type,
    cast(null as string) as status,
    days.date,
    days.currency,
    cast(null as bigint) as quality_score,
    coalesce(days.spend, 0) as spend,
    coalesce(days.impressions, 0) as impressions,
    coalesce(days.clicks, 0) as clicks,
    coalesce(cast(days.store_orders as {{ decimal_type() }}), 0) as conversions,
    coalesce(days.store_revenue, 0) as conversion_value
from {{ ref('base_lazada_ads__keyword_daily') }} as days
left join {{ ref('base_lazada_ads__campaigns') }} as campaigns
    on
        days.account_id = campaigns.account_id
        and days.campaign_id = campaigns.campaign_id
