{# Rules for figures that several models share. The words of each rule stand in DECISIONS.md. #}

{# An exact decimal out of a number or its text. #}
{% macro decimal(value) -%}cast({{ value }} as {{ talat.decimal_type() }}){%- endmacro %}

{# An exact decimal inside JSON. #}
{% macro json_decimal(document, path) -%}
    cast({{ talat.json_text(document, path) }} as {{ talat.decimal_type() }})
{%- endmacro %}

{# An integer inside JSON. #}
{% macro json_integer(document, path) -%}cast({{ talat.json_text(document, path) }} as bigint){%- endmacro %}

{# Money in baht, rounded half away from zero to the satang. Use it once for each order, then sum. #}
{% macro to_thb(amount, rate) -%}
    cast(round({{ amount }} * {{ rate }}, 2) as {{ talat.decimal_type() }})
{%- endmacro %}

{# A sum of money that is NULL as soon as one part is unknown: better no figure than one that is too small. #}
{% macro complete_sum(amount) -%}
    case when count(*) = count({{ amount }}) then sum({{ amount }}) end
{%- endmacro %}

{# Ratio of two sums, six digits. #}
{% macro ratio(numerator, denominator) -%}{{ talat.divide(numerator, denominator, 6) }}{%- endmacro %}

{# The last business date of a span that ends with an instant, which is not in it. #}
{% macro last_day_before(finish, time_zone) -%}
    {{ talat.local_date(talat.add_seconds(finish, -1), time_zone) }}
{%- endmacro %}

{# Growth since an earlier figure: 0.1 is ten per cent more; NULL where the earlier figure is zero or unknown. #}
{% macro change(figure, earlier) -%}{{ talat.divide('(' ~ figure ~ ' - ' ~ earlier ~ ')', earlier, 6) }}{%- endmacro %}

{# Last casts of a mart: money to the satang, ratios to six digits, counts as 64 bits, on either engine. The contracts
   name the same types. #}
{% macro as_money(value) -%}{{ talat.to_digits(value, 2) }}{%- endmacro %}
{% macro as_ratio(value) -%}{{ talat.to_digits(value, 6) }}{%- endmacro %}
{% macro as_count(value) -%}cast({{ value }} as bigint){%- endmacro %}
