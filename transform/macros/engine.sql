{# All that differs between DuckDB and BigQuery stands in this file and nowhere else. #}

{# An exact decimal with nine digits after the point. Plain `numeric` is DECIMAL(18,3) on DuckDB; BigQuery refuses digits
   in brackets in a cast. #}
{% macro decimal_type() -%}{{ return(adapter.dispatch('decimal_type', 'talat')()) }}{%- endmacro %}
{% macro duckdb__decimal_type() -%}decimal(38, 9){%- endmacro %}
{% macro bigquery__decimal_type() -%}numeric{%- endmacro %}

{# A decimal with so many digits after the point, rounded half away from zero. #}
{% macro to_digits(value, digits) -%}{{ return(adapter.dispatch('to_digits', 'talat')(value, digits)) }}{%- endmacro %}
{% macro duckdb__to_digits(value, digits) -%}cast({{ value }} as decimal(38, {{ digits }})){%- endmacro %}
{% macro bigquery__to_digits(value, digits) -%}round({{ value }}, {{ digits }}){%- endmacro %}

{# The business date of a UTC instant in an IANA time zone. #}
{% macro local_date(instant, time_zone) -%}
    {{ return(adapter.dispatch('local_date', 'talat')(instant, time_zone)) }}
{%- endmacro %}
{% macro duckdb__local_date(instant, time_zone) -%}
    cast(timezone({{ time_zone }}, timezone('UTC', {{ instant }})) as date)
{%- endmacro %}
{% macro bigquery__local_date(instant, time_zone) -%}
    date({{ instant }}, {{ time_zone }})
{%- endmacro %}

{# Now, as a UTC timestamp; the var `as_of` stands in for the clock where a run must be repeatable. #}
{% macro utc_now() -%}
    {%- if var('as_of') -%}
        cast('{{ var("as_of") }}' as timestamp)
    {%- else -%}
        {{ return(adapter.dispatch('utc_now', 'talat')()) }}
    {%- endif -%}
{%- endmacro %}
{# Snapshots are dated by the same clock; dbt asks for this macro by its name. #}
{% macro snapshot_get_time() -%}{{ talat.utc_now() }}{%- endmacro %}
{% macro duckdb__utc_now() -%}timezone('UTC', now()){%- endmacro %}
{% macro bigquery__utc_now() -%}current_timestamp(){%- endmacro %}

{# A date some days or months later (negative: earlier). A month's end is clamped: 31 March less a month is the last of
   February, on both engines. #}
{% macro add_days(day, number) -%}{{ return(adapter.dispatch('add_days', 'talat')(day, number)) }}{%- endmacro %}
{% macro duckdb__add_days(day, number) -%}({{ day }} + ({{ number }})){%- endmacro %}
{% macro bigquery__add_days(day, number) -%}date_add({{ day }}, interval {{ number }} day){%- endmacro %}

{% macro add_months(day, number) -%}{{ return(adapter.dispatch('add_months', 'talat')(day, number)) }}{%- endmacro %}
{% macro duckdb__add_months(day, number) -%}
    cast({{ day }} + interval ({{ number }}) month as date)
{%- endmacro %}
{% macro bigquery__add_months(day, number) -%}date_add({{ day }}, interval {{ number }} month){%- endmacro %}

{% macro month_of(day) -%}{{ return(adapter.dispatch('month_of', 'talat')(day)) }}{%- endmacro %}
{% macro duckdb__month_of(day) -%}cast(date_trunc('month', {{ day }}) as date){%- endmacro %}
{% macro bigquery__month_of(day) -%}date_trunc({{ day }}, month){%- endmacro %}

{# Whole days, and whole seconds, from one moment to a later one. #}
{% macro days_between(first_day, last_day) -%}
    {{ return(adapter.dispatch('days_between', 'talat')(first_day, last_day)) }}
{%- endmacro %}
{% macro duckdb__days_between(first_day, last_day) -%}date_diff('day', {{ first_day }}, {{ last_day }}){%- endmacro %}
{% macro bigquery__days_between(first_day, last_day) -%}date_diff({{ last_day }}, {{ first_day }}, day){%- endmacro %}

{% macro seconds_between(start, finish) -%}
    {{ return(adapter.dispatch('seconds_between', 'talat')(start, finish)) }}
{%- endmacro %}
{% macro duckdb__seconds_between(start, finish) -%}date_diff('second', {{ start }}, {{ finish }}){%- endmacro %}
{% macro bigquery__seconds_between(start, finish) -%}timestamp_diff({{ finish }}, {{ start }}, second){%- endmacro %}

{# The UTC timestamp of milliseconds since 1970. #}
{% macro from_milliseconds(number) -%}{{ return(adapter.dispatch('from_milliseconds', 'talat')(number)) }}{%- endmacro %}
{% macro duckdb__from_milliseconds(number) -%}epoch_ms({{ number }}){%- endmacro %}
{% macro bigquery__from_milliseconds(number) -%}timestamp_millis({{ number }}){%- endmacro %}

{# A timestamp some seconds later (negative: earlier). #}
{% macro add_seconds(instant, number) -%}{{ return(adapter.dispatch('add_seconds', 'talat')(instant, number)) }}{%- endmacro %}
{% macro duckdb__add_seconds(instant, number) -%}({{ instant }} + interval ({{ number }}) second){%- endmacro %}
{% macro bigquery__add_seconds(instant, number) -%}timestamp_add({{ instant }}, interval {{ number }} second){%- endmacro %}

{# FROM clause: one row `date_day` for each day from first to last, both included. #}
{% macro cross_join_days(first_day, last_day) -%}
    {{ return(adapter.dispatch('cross_join_days', 'talat')(first_day, last_day)) }}
{%- endmacro %}
{% macro duckdb__cross_join_days(first_day, last_day) -%}
    cross join lateral (
        select cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date) as date_day
    ) as days
{%- endmacro %}
{% macro bigquery__cross_join_days(first_day, last_day) -%}
    cross join unnest(generate_date_array({{ first_day }}, {{ last_day }})) as date_day
{%- endmacro %}

{# FROM clause: one row for each element of a JSON array, as `element` (JSON) and `element_index` (from 0). #}
{% macro cross_join_json(array) -%}{{ return(adapter.dispatch('cross_join_json', 'talat')(array)) }}{%- endmacro %}
{% macro duckdb__cross_join_json(array) -%}
    cross join lateral (
        select
            unnest(from_json({{ array }}, '["JSON"]')) as element,
            generate_subscripts(from_json({{ array }}, '["JSON"]'), 1) - 1 as element_index
    ) as elements
{%- endmacro %}
{% macro bigquery__cross_join_json(array) -%}
    cross join unnest(json_query_array({{ array }})) as element with offset as element_index
{%- endmacro %}

{# The path of a field below a document's root: `a.b`, or `[0].a` below an array. #}
{% macro json_path(path) -%}'${{ '' if path.startswith('[') else '.' }}{{ path }}'{%- endmacro %}

{# A scalar inside JSON as text; NULL where it is absent or null. Money goes from here straight to a decimal, so that no
   float of ours lies between. #}
{% macro json_text(document, path) -%}{{ return(adapter.dispatch('json_text', 'talat')(document, path)) }}{%- endmacro %}
{% macro duckdb__json_text(document, path) -%}json_extract_string({{ document }}, {{ talat.json_path(path) }}){%- endmacro %}
{% macro bigquery__json_text(document, path) -%}json_value({{ document }}, {{ talat.json_path(path) }}){%- endmacro %}

{# Part of a JSON document as JSON. #}
{% macro json_part(document, path) -%}{{ return(adapter.dispatch('json_part', 'talat')(document, path)) }}{%- endmacro %}
{% macro duckdb__json_part(document, path) -%}json_extract({{ document }}, {{ talat.json_path(path) }}){%- endmacro %}
{% macro bigquery__json_part(document, path) -%}json_query({{ document }}, {{ talat.json_path(path) }}){%- endmacro %}

{# Exact quotient, rounded half away from zero to so many digits; NULL where the denominator is zero or unknown. DuckDB
   divides decimals as doubles, so it counts in whole units of the last digit instead. Exact for numerators
   below 10^19; BigQuery has nine digits of its own to round from. #}
{% macro divide(numerator, denominator, digits) -%}
    {{ return(adapter.dispatch('divide', 'talat')(numerator, denominator, digits)) }}
{%- endmacro %}
{% macro duckdb__divide(numerator, denominator, digits) -%}
    {%- set up = 'cast(abs(' ~ talat.decimal(numerator) ~ ') * 1000000000 as hugeint)' -%}
    {%- set down = 'cast(abs(' ~ talat.decimal(denominator) ~ ') * 1000000000 as hugeint)' -%}
    case when {{ denominator }} <> 0 then
        cast(
            cast((2 * {{ up }} * {{ 10 ** digits }} + {{ down }}) // (2 * {{ down }}) as decimal(32, 0))
            * cast({{ '0.' ~ '0' * (digits - 1) ~ '1' }} as decimal({{ digits + 1 }}, {{ digits }}))
            * cast(sign({{ numerator }}) * sign({{ denominator }}) as tinyint)
            as {{ talat.decimal_type() }}
        )
    end
{%- endmacro %}
{% macro bigquery__divide(numerator, denominator, digits) -%}
    round(
        safe_divide({{ talat.decimal(numerator) }}, {{ talat.decimal(denominator) }}), {{ digits }}
    )
{%- endmacro %}

{# Baht for one unit of a currency, of what one euro is in both. Rounded to nine digits first, as BigQuery's NUMERIC divides,
   so that both engines have one figure; then to seven, which leave room for exact products. Not cast: stored decimals are
   NUMERIC, and the emulator would cut their digits. #}
{% macro cross_rate(baht, unit) -%}{{ return(adapter.dispatch('cross_rate', 'talat')(baht, unit)) }}{%- endmacro %}
{% macro duckdb__cross_rate(baht, unit) -%}
    cast({{ talat.to_digits(talat.divide(baht, unit, 9), 7) }} as {{ talat.decimal_type() }})
{%- endmacro %}
{% macro bigquery__cross_rate(baht, unit) -%}round(safe_divide({{ baht }}, {{ unit }}), 7){%- endmacro %}

{# Config: a table in partitions by month of a date. DuckDB keeps none. #}
{% macro monthly_partition(column) -%}
    {{ return({'field': column, 'data_type': 'date', 'granularity': 'month'} if target.type == 'bigquery' else none) }}
{%- endmacro %}

{# Texts of people: a value where the text is one, else NULL. #}
{% macro try_decimal(value) -%}{{ return(adapter.dispatch('try_decimal', 'talat')(value)) }}{%- endmacro %}
{% macro duckdb__try_decimal(value) -%}try_cast({{ value }} as decimal(38, 9)){%- endmacro %}
{% macro bigquery__try_decimal(value) -%}safe_cast({{ value }} as numeric){%- endmacro %}

{% macro try_date(value) -%}{{ return(adapter.dispatch('try_date', 'talat')(value)) }}{%- endmacro %}
{% macro duckdb__try_date(value) -%}try_cast({{ value }} as date){%- endmacro %}
{% macro bigquery__try_date(value) -%}safe_cast({{ value }} as date){%- endmacro %}

{# UTC of a text that says its offset, and of one that means a clock in an IANA time zone. #}
{% macro try_instant(value) -%}{{ return(adapter.dispatch('try_instant', 'talat')(value)) }}{%- endmacro %}
{% macro duckdb__try_instant(value) -%}timezone('UTC', try_cast({{ value }} as timestamptz)){%- endmacro %}
{% macro bigquery__try_instant(value) -%}safe_cast({{ value }} as timestamp){%- endmacro %}

{% macro try_local_instant(value, time_zone) -%}
    {{ return(adapter.dispatch('try_local_instant', 'talat')(value, time_zone)) }}
{%- endmacro %}
{% macro duckdb__try_local_instant(value, time_zone) -%}
    timezone('UTC', timezone({{ time_zone }}, try_cast({{ value }} as timestamp)))
{%- endmacro %}
{% macro bigquery__try_local_instant(value, time_zone) -%}
    {#- As one text: the emulator takes a zone from a column in no other way. #}
    safe_cast(concat(cast(safe_cast({{ value }} as datetime) as string), ' ', {{ time_zone }}) as timestamp)
{%- endmacro %}

{# Whether a text has a part that is like a pattern (RE2, without backslashes: both engines read those in their own way). #}
{% macro text_matches(value, pattern) -%}{{ return(adapter.dispatch('text_matches', 'talat')(value, pattern)) }}{%- endmacro %}
{% macro duckdb__text_matches(value, pattern) -%}regexp_matches({{ value }}, '{{ pattern }}'){%- endmacro %}
{% macro bigquery__text_matches(value, pattern) -%}regexp_contains({{ value }}, '{{ pattern }}'){%- endmacro %}
