{%- set levels = {'campaign': 'campaign', 'ad_group': 'adgroup'} -%}
-- A campaign has a row for each kind of ad. Orders of any product of the store are conversions; they include those of
-- the promoted product.
{% for level, report in levels.items() -%}
select
    '{{ level }}' as level,
    '{{ report }}_daily' as stream,
    account_id,
    {{ report }}_id as object_id,
    date,
    sum(coalesce(spend, 0)) as spend,
    sum(coalesce(impressions, 0)) as impressions,
    sum(coalesce(clicks, 0)) as clicks,
    sum(coalesce(cast(store_orders as {{ decimal_type() }}), 0)) as conversions,
    sum(coalesce(store_revenue, 0)) as conversion_value
from {{ ref('base_lazada_ads__' ~ report ~ '_daily') }}
group by account_id, {{ report }}_id, date
{{ 'union all' if not loop.last }}
{% endfor -%}
