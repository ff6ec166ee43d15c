{%- set campaign_day = ['account_id', 'campaign_id', 'date'] -%}
-- Ads of the auction, and GMV Max, which the integrated report leaves out: its products, and campaigns for what is
-- beyond them. Its orders are paid and organic ones together. Views and clicks are those of the creatives, of which
-- only those with cost are told.
with creatives as (
    select
        account_id,
        campaign_id,
        product_id,
        date,
        sum(impressions) as impressions,
        sum(clicks) as clicks
    from {{ ref('base_tiktok_ads__gmv_max_daily_creative') }}
    group by account_id, campaign_id, product_id, date
),

creatives_of_campaigns as (
    select
        account_id,
        campaign_id,
        date,
        sum(impressions) as impressions,
        sum(clicks) as clicks
    from creatives
    group by account_id, campaign_id, date
),

campaigns as (
    select
        figures.account_id,
        figures.campaign_id,
        gmv_max.campaign_name,
        'campaign' as level,
        figures.campaign_id as object_id,
        figures.date,
        figures.currency,
        'paid and organic orders' as attribution_setting,
        coalesce(figures.spend, 0) as spend,
        coalesce(creatives_of_campaigns.impressions, 0) as impressions,
        coalesce(creatives_of_campaigns.clicks, 0) as clicks,
        coalesce(creatives_of_campaigns.clicks, 0) as link_clicks,
        cast(null as bigint) as video_views,
        coalesce(figures.conversions, 0) as conversions,
        coalesce(figures.conversion_value, 0) as conversion_value
    from {{ ref('base_tiktok_ads__gmv_max_daily_campaign') }} as figures
    left join creatives_of_campaigns
        on
            figures.account_id = creatives_of_campaigns.account_id
            and figures.campaign_id = creatives_of_campaigns.campaign_id
            and figures.date = creatives_of_campaigns.date
    left join {{ ref('base_tiktok_ads__gmv_max_campaigns') }} as gmv_max
        on
            figures.account_id = gmv_max.account_id
            and figures.campaign_id = gmv_max.campaign_id
),

products as (
    select
        figures.account_id,
        figures.campaign_id,
        gmv_max.campaign_name,
        cast(null as string) as adset_id,
        cast(null as string) as adset_name,
        cast(null as string) as ad_id,
        cast(null as string) as ad_name,
        'product' as level,
        figures.campaign_id || '/' || figures.product_id as object_id,
        figures.date,
        figures.currency,
        'paid and organic orders' as attribution_setting,
        coalesce(figures.spend, 0) as spend,
        coalesce(creatives.impressions, 0) as impressions,
        coalesce(creatives.clicks, 0) as clicks,
        coalesce(creatives.clicks, 0) as link_clicks,
        cast(null as bigint) as video_views,
        coalesce(figures.conversions, 0) as conversions,
        coalesce(figures.conversion_value, 0) as conversion_value
    from {{ ref('base_tiktok_ads__gmv_max_daily_product') }} as figures
    left join creatives
        on
            figures.account_id = creatives.account_id
            and figures.campaign_id = creatives.campaign_id
            and figures.product_id = creatives.product_id
            and figures.date = creatives.date
    left join {{ ref('base_tiktok_ads__gmv_max_campaigns') }} as gmv_max
        on
            figures.account_id = gmv_max.account_id
            and figures.campaign_id = gmv_max.campaign_id
),

-- TikTok does not promise that the integrated report has nothing of GMV Max: what it has would count twice.
gmv_max_days as (
    select
        {{ campaign_day | join(', ') }}
    from campaigns
    union distinct
    select
        {{ campaign_day | join(', ') }}
    from products
),

ads as (
    select
        figures.account_id,
        figures.campaign_id,
        figures.campaign_name,
        figures.ad_group_id as adset_id,
        figures.ad_group_name as adset_name,
        figures.ad_id,
        figures.ad_name,
        'ad' as level,
        figures.ad_id as object_id,
        figures.date,
        figures.currency,
        'click ' || ad_groups.click_attribution_window || ', view ' || ad_groups.view_attribution_window
            as attribution_setting,
        coalesce(figures.spend, 0) as spend,
        coalesce(figures.impressions, 0) as impressions,
        coalesce(figures.clicks, 0) as clicks,
        coalesce(figures.clicks, 0) as link_clicks,
        nullif(figures.video_views, 0) as video_views,
        coalesce(figures.conversions, 0) as conversions,
        coalesce(figures.conversion_value, 0) as conversion_value
    from {{ ref('base_tiktok_ads__daily_ad') }} as figures
    left join {{ ref('base_tiktok_ads__ad_groups') }} as ad_groups
        on
            figures.account_id = ad_groups.account_id
            and figures.ad_group_id = ad_groups.ad_group_id
    left join gmv_max_days
        on
            figures.account_id = gmv_max_days.account_id
            and figures.campaign_id = gmv_max_days.campaign_id
            and figures.date = gmv_max_days.date
    where gmv_max_days.campaign_id is null
),

pieces as (
    select * from ads
    union all
    select * from products
)

{{ ads_with_rest('campaigns', 'pieces', campaign_day) }}
