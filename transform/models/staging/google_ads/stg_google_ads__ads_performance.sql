{%- set sources = {
    'ad': {
        'report': 'ad_performance', 'id': "ad_group_id || '/' || ad_id", 'adset': 'ad_group', 'ad': 'ad',
        'video_views': 'video_views',
    },
    'asset_group': {'report': 'asset_group_performance', 'id': 'asset_group_id', 'adset': 'asset_group'},
    'campaign': {'report': 'campaign_performance', 'id': 'campaign_id', 'video_views': 'video_views'},
} -%}
-- Performance Max has asset groups where others have ad groups and ads. Money comes in millionths, values of
-- conversions do not. Google tells views of videos of every ad: one without any has none to be told.
with reports as (
    {% for level, it in sources.items() -%}
    select
        account_id,
        campaign_id,
        campaign_name,
        {{ it.adset ~ '_id' if it.adset else 'cast(null as string)' }} as adset_id,
        {{ it.adset ~ '_name' if it.adset else 'cast(null as string)' }} as adset_name,
        {{ it.ad ~ '_id' if it.ad else 'cast(null as string)' }} as ad_id,
        {{ it.ad ~ '_name' if it.ad else 'cast(null as string)' }} as ad_name,
        '{{ level }}' as level,
        {{ it.id }} as object_id,
        date,
        currency,
        cast(null as string) as attribution_setting,
        {{ divide('coalesce(cost_micros, 0)', '1000000', 6) }} as spend,
        coalesce(impressions, 0) as impressions,
        coalesce(clicks, 0) as clicks,
        coalesce(clicks, 0) as link_clicks,
        {{ 'nullif(video_views, 0)' if it.video_views else 'cast(null as bigint)' }} as video_views,
        coalesce(conversions, 0) as conversions,
        coalesce(conversion_value, 0) as conversion_value
    from {{ ref('base_google_ads__' ~ it.report) }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

pieces as (
    select * from reports
    where level <> 'campaign'
),

campaigns as (
    select * from reports
    where level = 'campaign'
)

{{ ads_with_rest('campaigns', 'pieces', ['account_id', 'campaign_id', 'date']) }}
