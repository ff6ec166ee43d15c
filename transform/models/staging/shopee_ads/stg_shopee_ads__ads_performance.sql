{%- set figures -%}
    coalesce(spend, 0) as spend,
        coalesce(impressions, 0) as impressions,
        coalesce(clicks, 0) as clicks,
        coalesce(clicks, 0) as link_clicks,
        cast(null as bigint) as video_views,
        coalesce(cast(broad_orders as {{ decimal_type() }}), 0) as conversions,
        coalesce(broad_gmv, 0) as conversion_value
{%- endset -%}
-- Campaigns, and what the shop's report has beyond them. Orders of any item of the shop (broad) are conversions; they
-- include those of the advertised item (direct).
with pieces as (
    {% for table in ['campaign_daily', 'gms_daily'] -%}
    select
        account_id,
        campaign_id,
        {{ "coalesce(campaign_name, campaign_id)" if table == 'campaign_daily' else "'GMV Max'" }} as campaign_name,
        cast(null as string) as adset_id,
        cast(null as string) as adset_name,
        cast(null as string) as ad_id,
        cast(null as string) as ad_name,
        'campaign' as level,
        campaign_id as object_id,
        date,
        currency,
        '7d_click' as attribution_setting,
        {{ figures }}
    from {{ ref('base_shopee_ads__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

shops as (
    select
        account_id,
        'other' as campaign_id,
        'Other ads and deleted campaigns' as campaign_name,
        'account' as level,
        account_id as object_id,
        date,
        currency,
        '7d_click' as attribution_setting,
        {{ figures }}
    from {{ ref('base_shopee_ads__shop_daily') }}
)

{{ ads_with_rest('shops', 'pieces', ['account_id', 'date']) }}
