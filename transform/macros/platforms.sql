{# Rows of every platform at one grain: reads stg_<platform>__<name> for each of `platforms`, which are the shops' unless told
   otherwise: `var('ads_platforms')`, or both together. Columns are named, so that a platform's model may order its own as
   it likes and a missing one fails at once. #}
{% macro union_platforms(name, columns, platforms=none) -%}
    {%- for platform in (var('platforms') if platforms is none else platforms) %}
        select
            '{{ platform }}' as platform,
            {{ columns | join(',\n            ') }}
        from {{ ref('stg_' ~ platform ~ '__' ~ name) }}
        {%- if not loop.last %}
        union all
        {%- endif %}
    {%- endfor %}
{%- endmacro %}

{# Days of an account on which its levels do not add up to the same, where all levels are final, or where some are not. A
   level that was not read on such a day has no row. #}
{% macro levels_that_differ(final) -%}
    {%- set figures = ['spend', 'impressions', 'clicks', 'conversions', 'conversion_value'] %}
    select
        platform,
        account_id,
        date,
        {% for figure in figures -%}
        max({{ figure }}) - min({{ figure }}) as {{ figure }}_difference{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('stg_ads_level_totals') }}
    {{ 'where is_final' if final }}
    group by platform, account_id, date
    having
        ({{ "" if final else "count(case when not is_final then 1 end) > 0 and " }}count(*) > 1)
        and (
            {% for figure in figures -%}
            {{ 'or ' if not loop.first }}max({{ figure }}) <> min({{ figure }})
            {% endfor %}
        )
{%- endmacro %}
