{# A raw table, or no rows in its shape where no run has written it yet: taps may be run for some streams only, and a
   loader makes a table with the first record. Columns and types come from the source's own properties. A platform without
   any table is one that is not in use: all its models are empty, and its ledger's warns once. Stops where no platform has a
   table: that is a wrong database or prefix, and marts of nothing would hide it. #}
{% macro raw_table(source_name, table_name) -%}
    {%- set relation = source(source_name, table_name) -%}
    {%- if not execute or flags.INTROSPECT is false or var('assume_raw_tables') or load_relation(relation) is not none -%}
        {{ relation }}
    {%- else -%}
        {%- set sources = graph.sources.values() | list -%}
        {%- set own = sources | selectattr('source_name', 'equalto', source_name) | list -%}
        {%- if talat.any_table(own) -%}
            {{ exceptions.warn(relation ~ " is not there yet; its models are empty until its stream is loaded.") }}
        {%- elif not talat.any_table(sources) -%}
            {{ exceptions.raise_compiler_error(
                "There is no table in " ~ sources | map(attribute='schema') | unique | sort | join(' or ')
                ~ ": run a tap with a loader first, or correct DUCKDB_PATH, BQ_PROJECT or BQ_DATASET_PREFIX."
            ) }}
        {%- elif table_name == 'sync_windows' -%}
            {{ exceptions.warn(source_name ~ " has no table: the marts are built without that platform.") }}
        {%- endif -%}
        {%- set it = own | selectattr('name', 'equalto', table_name) | first %}
(
    select
        {%- for column in it.columns.values() %}
        cast(null as {{ column.data_type }}) as {{ adapter.quote(column.name) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (select 1 as nothing) as nowhere
    where nothing = 0
)
    {%- endif -%}
{%- endmacro %}

{# Whether one of these sources' tables is there. #}
{% macro any_table(sources) -%}
    {%- set ns = namespace(found=false) -%}
    {%- for it in sources if not ns.found -%}
        {%- set ns.found = load_relation(source(it.source_name, it.name)) is not none -%}
    {%- endfor -%}
    {{ return(ns.found) }}
{%- endmacro %}
