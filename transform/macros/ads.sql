{# Figures of ads, defined once for every platform and level. `of` says whose: a table with its point (`totals.`), perhaps
   with what its columns begin with (`days.ads_`). `money` is what the columns of money end with (`_thb`), if with anything.
   All are ratios of sums; NULL where there is nothing to divide by. #}

{% macro ctr(of='') -%}{{ talat.ratio(of ~ 'clicks', of ~ 'impressions') }}{%- endmacro %}

{% macro cpc(of='', money='') -%}{{ talat.divide(of ~ 'spend' ~ money, of ~ 'clicks', 2) }}{%- endmacro %}

{% macro cpm(of='', money='') -%}{{ talat.divide(of ~ 'spend' ~ money ~ ' * 1000', of ~ 'impressions', 2) }}{%- endmacro %}

{% macro cpa(of='', money='') -%}{{ talat.divide(of ~ 'spend' ~ money, of ~ 'conversions', 2) }}{%- endmacro %}

{% macro roas(of='', money='') -%}{{ talat.ratio(of ~ 'conversion_value' ~ money, of ~ 'spend' ~ money) }}{%- endmacro %}

{% macro conversion_rate(of='') -%}{{ talat.ratio(of ~ 'conversions', of ~ 'clicks') }}{%- endmacro %}

{# Columns of a mart, whatever its level: the sums and their ratios, cast as its contract names them. #}
{% macro ads_figures(of) -%}
    {%- for name in ['spend', 'spend_thb'] %}
    {{ talat.as_money(of ~ name) }} as {{ name }},
    {%- endfor %}
    {%- for name in ['impressions', 'clicks', 'link_clicks'] %}
    {{ talat.as_count(of ~ name) }} as {{ name }},
    {%- endfor %}
    {%- for name in ['conversions', 'conversion_value', 'conversion_value_thb'] %}
    {{ talat.as_money(of ~ name) }} as {{ name }},
    {%- endfor %}
    {{ talat.as_ratio(talat.ctr(of)) }} as ctr,
    {{ talat.as_money(talat.cpc(of)) }} as cpc,
    {{ talat.as_money(talat.cpm(of)) }} as cpm,
    {{ talat.as_money(talat.cpa(of)) }} as cpa,
    {{ talat.as_ratio(talat.roas(of)) }} as roas,
    {{ talat.as_ratio(talat.conversion_rate(of)) }} as conversion_rate
{%- endmacro %}

{# Whether a row of the ledger is about a stream that tells what an account's days came to. #}
{% macro is_ads_figures_stream(platform, stream) -%}
(
    {%- for name in var('ads_platforms') %}
    {{ 'or ' if not loop.first }}(
        {{ platform }} = '{{ name }}'
        and {{ stream }} in ('{{ var('ads_streams')[name] | join("', '") }}')
    )
    {%- endfor %}
)
{%- endmacro %}

{# For how many days figures can change: the platform's own number. #}
{% macro ads_final_after_days(platform) -%}
case {{ platform }}
    {%- for name in var('ads_platforms') %}
    when '{{ name }}' then {{ var('ads_final_after_days')[name] }}
    {%- endfor %}
end
{%- endmacro %}

{# Rows of ads_performance: the pieces that a platform tells, and what its complete report has beyond them, so that sums are
   those of the complete report. `pieces` is a table with all columns of ads_performance; `complete` has them but for those of
   ad sets and ads; `keys` says of what both tell the same figures. Pieces without a row in the complete report stay as they
   are. Where pieces come to more than the whole, the rest is negative. #}
{% macro ads_with_rest(complete, pieces, keys) -%}
{%- set below = ['adset_id', 'adset_name', 'ad_id', 'ad_name'] -%}
{%- set names = [
    'account_id', 'campaign_id', 'campaign_name', 'level', 'object_id', 'date', 'currency', 'attribution_setting',
] -%}
{%- set figures = ['spend', 'impressions', 'clicks', 'link_clicks', 'conversions', 'conversion_value'] -%}
select
    {{ (names + below + figures + ['video_views']) | join(',\n    ') }}
from {{ pieces }}
union all
select
    {%- for name in names %}
    whole.{{ name }},
    {%- endfor %}
    {%- for name in below %}
    cast(null as string) as {{ name }},
    {%- endfor %}
    {%- for figure in figures %}
    whole.{{ figure }} - coalesce(parts.{{ figure }}, 0) as {{ figure }},
    {%- endfor %}
    nullif(coalesce(whole.video_views, 0) - coalesce(parts.video_views, 0), 0) as video_views
from {{ complete }} as whole
left join (
    select
        {{ keys | join(',\n        ') }},
        {%- for figure in figures + ['video_views'] %}
        sum({{ figure }}) as {{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ pieces }}
    group by {{ keys | join(', ') }}
) as parts
    on
        {%- for key in keys %}
        {{ 'and ' if not loop.first }}whole.{{ key }} = parts.{{ key }}
        {%- endfor %}
where
    {%- for figure in figures + ['video_views'] %}
    {{ 'or ' if not loop.first }}coalesce(whole.{{ figure }}, 0) <> coalesce(parts.{{ figure }}, 0)
    {%- endfor %}
{%- endmacro %}
