{%- set levels = {
    'account': ('daily_advertiser', 'account_id'),
    'campaign': ('daily_campaign', 'campaign_id'),
    'adset': ('daily_adgroup', 'ad_group_id'),
    'ad': ('daily_ad', 'ad_id'),
} -%}
-- The four levels of the integrated report. GMV Max is in none of them, and its own reports tell no clicks.
{% for level, (stream, object_id) in levels.items() -%}
select
    '{{ level }}' as level,
    '{{ stream }}' as stream,
    account_id,
    {{ object_id }} as object_id,
    date,
    coalesce(spend, 0) as spend,
    coalesce(impressions, 0) as impressions,
    coalesce(clicks, 0) as clicks,
    coalesce(conversions, 0) as conversions,
    coalesce(conversion_value, 0) as conversion_value
from {{ ref('base_tiktok_ads__' ~ stream) }}
{{ 'union all' if not loop.last }}
{% endfor %}
