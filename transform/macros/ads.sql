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
