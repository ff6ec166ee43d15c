{%- set levels = {
    'account': ('ad_account', 'account_id'),
    'campaign': ('campaign', 'campaign_id'),
    'ad_group': ('adgroup', 'adgroup_id'),
    'ad': ('ad', 'ad_id'),
} -%}
{% for level, (report, object_id) in levels.items() -%}
select
    '{{ level }}' as level,
    'daily_{{ report }}' as stream,
    account_id,
    {{ object_id }} as object_id,
    date,
    coalesce(cost, 0) as spend,
    coalesce(impressions, 0) as impressions,
    coalesce(clicks, 0) as clicks,
    coalesce(conversions, 0) as conversions,
    coalesce(conversion_value, 0) as conversion_value
from {{ ref('base_line_ads__daily_' ~ report) }}
{{ 'union all' if not loop.last }}
{% endfor -%}
