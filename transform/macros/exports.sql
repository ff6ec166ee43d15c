{# Files that people export arrive as text, in the columns that plugins/extractors/tap-spreadsheets.meltano.yml maps them into. #}

{# Rows of a raw table that its files have now. A file is read again whole in every run: of its rows only those of its last
   reading count, so that a line that was taken out of it is gone. Texts that mean nothing (blank, --) are NULL. A file
   that has nothing at all in a required column raises a warning that names it. #}
{% macro export_rows(source_name, table_name, defaults={}) -%}
    {%- set declared = talat.source_columns(source_name, table_name) -%}
    {%- do talat.warn_of_missing_columns(source_name, table_name, declared) -%}
select
    {%- for name in declared if name not in ('row_hash', '_sdc_filename', '_sdc_last_modified', '_sdc_batched_at') %}
    {%- set text = "nullif(nullif(trim(" ~ adapter.quote(name) ~ "), ''), '--')" %}
    {{ "coalesce(" ~ text ~ ", " ~ defaults[name] ~ ")" if name in defaults else text }} as {{ adapter.quote(name) }},
    {%- endfor %}
    row_hash,
    file_name,
    file_changed_at,
    loaded_at
from (
    select
        *,
        _sdc_filename as file_name,
        cast(_sdc_last_modified as timestamp) as file_changed_at,
        cast(_sdc_batched_at as timestamp) as loaded_at,
        max(_sdc_last_modified) over (partition by _sdc_filename) as last_modified
    from {{ talat.raw_table(source_name, table_name) }}
) as readings
where _sdc_last_modified = last_modified
{%- endmacro %}

{# Those rows without what an earlier file says of the same thing: for each `of` (what one file tells whole, such as an order
   with its lines) the file that changed last counts, the last by name where two changed together. Rows in which a part of
   the key is blank are left out. `key_rows`: how many rows of that file have the same key; `key_row`: which of them this is. #}
{% macro latest_export_rows(source_name, table_name, of, key, defaults={}) -%}
with current_rows as (
    {{ talat.export_rows(source_name, table_name, defaults) }}
),

ranked as (
    select
        *,
        dense_rank() over (
            partition by {{ of | join(', ') }}
            order by file_changed_at desc, file_name desc
        ) as file_rank
    from current_rows
    where {% for name in key %}{{ 'and ' if not loop.first }}{{ name }} is not null {% endfor %}
),

latest as (
    select
        *,
        count(*) over (partition by {{ key | join(', ') }}) as key_rows,
        row_number() over (partition by {{ key | join(', ') }} order by row_hash) as key_row
    from ranked
    where file_rank = 1
)
{%- endmacro %}

{# A source table's columns by name, as its properties declare them; none while dbt only parses. #}
{% macro source_columns(source_name, table_name) -%}
    {%- if execute -%}
        {%- set own = graph.sources.values() | selectattr('source_name', 'equalto', source_name) -%}
        {{ return((own | selectattr('name', 'equalto', table_name) | first).columns) }}
    {%- endif -%}
    {{ return({}) }}
{%- endmacro %}

{# Says which files have nothing in a required column: they lack it, or call it something that the plugin does not know. #}
{% macro warn_of_missing_columns(source_name, table_name, declared) -%}
    {%- set relation = source(source_name, table_name) -%}
    {%- if execute and flags.INTROSPECT is not false and not var('assume_raw_tables')
        and load_relation(relation) is not none -%}
        {%- set required = [] -%}
        {%- for name, column in declared.items() if (column.config.meta or {}).get('required') -%}
            {%- do required.append(name) -%}
        {%- endfor -%}
        {%- set counted = [] -%}
        {%- for name in required -%}
            {%- do counted.append("count(nullif(trim(" ~ adapter.quote(name) ~ "), ''))") -%}
        {%- endfor -%}
        {%- set found = run_query(
            "select _sdc_filename, " ~ counted | join(', ') ~ " from " ~ relation ~ " group by _sdc_filename order by 1"
        ) -%}
        {%- for row in found.rows -%}
            {%- for name in required if row[loop.index] == 0 -%}
                {{ exceptions.warn(
                    row[0] ~ " has no " ~ name ~ ": its lines cannot be used, or say less than they should. "
                    ~ "plugins/extractors/EXPORTS.md says what the column may be called."
                ) }}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# Money or a count: digits, a point before decimals, commas between thousands, a baht sign. Anything else is NULL: 1.234,50
   and 1,50 are not guessed at. #}
{% macro export_decimal(column) -%}
    {%- set bare = "trim(replace(" ~ column ~ ", '฿', ''))" -%}
    case
        when {{ talat.text_matches(bare, '^-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)([.][0-9]+)?$') }}
            then {{ talat.try_decimal("replace(" ~ bare ~ ", ',', '')") }}
    end
{%- endmacro %}

{# A day: year, month, day with hyphens; a time after it is dropped. #}
{% macro export_date(column) -%}
    case
        when {{ talat.text_matches(column, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]|$)') }}
            then {{ talat.try_date("substr(" ~ column ~ ", 1, 10)") }}
    end
{%- endmacro %}

{# A moment, UTC: with an offset as that says, else by the clock of the shop. Seconds may be missing. #}
{% macro export_instant(column, time_zone) -%}
    case
        when {{ talat.text_matches(column, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T].*(Z|[+-][0-9]{2}:?[0-9]{2})$') }}
            then {{ talat.try_instant(column) }}
        when {{ talat.text_matches(column, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]|$)') }}
            then {{ talat.try_local_instant(
                "case when length(" ~ column ~ ") = 16 then concat(" ~ column ~ ", ':00') else " ~ column ~ " end", time_zone
            ) }}
    end
{%- endmacro %}

{# How many texts of a row are no value of their kind: `values` says the SQL that reads each column. #}
{% macro export_unread(values) -%}
    {%- for column, value in values.items() %}
    {{ '+ ' if not loop.first }}case when {{ column }} is not null and {{ value }} is null then 1 else 0 end
    {%- endfor %}
{%- endmacro %}

{# Reports of ads: each base view differs only in what it is split by (`dimensions`), and so does each staging view. #}
{% macro base_ads_export(table_name, dimensions=[]) -%}
{%- set key = ['ads_platform', 'account_id', 'campaign_id'] + dimensions + ['date'] -%}
{%- set figures = ['spend', 'impressions', 'clicks', 'conversions', 'conversion_value'] -%}
{%- set reading = {'date': talat.export_date('date')} -%}
{%- for figure in figures -%}{%- do reading.update({figure: talat.export_decimal(figure)}) -%}{%- endfor -%}
{{ talat.latest_export_rows(
    'raw_ads_exports', table_name, of=key, key=key, defaults={'account_id': "'unknown'"}
) }}

select
    ads_platform as platform,
    replace(account_id, '-', '') as account_id,
    campaign_id,
    campaign_name,
    {%- for dimension in dimensions %}
    {{ dimension }},
    {%- endfor %}
    {%- if table_name == 'keywords' %}
    ad_group_name,
    {%- endif %}
    {{ reading['date'] }} as {{ adapter.quote('date') }},
    currency,
    {%- for figure in figures %}
    {{ reading[figure] }} as {{ figure }},
    {%- endfor %}
    {{ talat.export_unread(reading) }} as unread_values,
    row_hash,
    file_name,
    file_changed_at,
    loaded_at
from latest
{%- endmacro %}

{# A file may be split more finely than its model, by hour or network, say: its rows are added up. #}
{% macro stg_ads_export(table_name, dimensions=[]) -%}
select
    platform,
    account_id,
    campaign_id,
    max(campaign_name) as campaign_name,
    {%- for dimension in dimensions %}
    {{ dimension }},
    {%- endfor %}
    {%- if table_name == 'keywords' %}
    max(ad_group_name) as ad_group_name,
    {%- endif %}
    date,
    max(currency) as currency,
    sum(spend) as spend,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks,
    sum(conversions) as conversions,
    sum(conversion_value) as conversion_value
from {{ ref('base_ads_exports__' ~ table_name) }}
where date is not null
group by platform, account_id, campaign_id,{% for dimension in dimensions %} {{ dimension }},{% endfor %} date
{%- endmacro %}
