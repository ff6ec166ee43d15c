-- The reports leave names out for the newest days: those of campaigns are in their list, of ad groups in older rows.
-- Orders of any product of the store are conversions; they include those of the promoted product.
with names as (
    select
        account_id,
        campaign_id,
        adgroup_id,
        adgroup_name,
        row_number() over (partition by account_id, campaign_id, adgroup_id order by date desc) as place
    from {{ ref('base_lazada_ads__adgroup_daily') }}
    where adgroup_name is not null
)

select
    days.account_id,
    days.campaign_id,
    campaigns.campaign_name,
    days.adgroup_id as adset_id,
    names.adgroup_name as adset_name,
    cast(null as string) as ad_id,
    cast(null as string) as ad_name,
    'ad_group' as level,
    days.adgroup_id as object_id,
    days.date,
    days.currency,
    cast(null as string) as attribution_setting,
    coalesce(days.spend, 0) as spend,
    coalesce(days.impressions, 0) as impressions,
    coalesce(days.clicks, 0) as clicks,
    coalesce(days.clicks, 0) as link_clicks,
    cast(null as bigint) as video_views,
    coalesce(cast(days.store_orders as {{ decimal_type() }}), 0) as conversions,
    coalesce(days.store_revenue, 0) as conversion_value
from {{ ref('base_lazada_ads__adgroup_daily') }} as days
left join {{ ref('base_lazada_ads__campaigns') }} as campaigns
    on
        days.account_id = campaigns.account_id
        and days.campaign_id = campaigns.campaign_id
left join names
    on
        days.account_id = names.account_id
        and days.campaign_id = names.campaign_id
        and days.adgroup_id = names.adgroup_id
        and names.place = 1
