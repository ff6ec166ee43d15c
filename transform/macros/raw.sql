{# A raw table, or no rows in its shape where no run has written it yet: taps may be run for some streams only, and a
   loader makes a table with the first record. Columns and types come from the source's own properties. Stops where a
   platform has no table at all: that is a wrong database or prefix, and marts of nothing would hide it. #}
{% macro raw_table(source_name, table_name) -%}
    {%- set relation = source(source_name, table_name) -%}
    {%- if not execute or flags.INTROSPECT is false or var('assume_raw_tables') or load_relation(relation) is not none -%}
        {{ relation }}
    {%- else -%}
        {%- set tables = graph.sources.values() | selectattr('source_name', 'equalto', source_name) | list -%}
        {%- set ns = namespace(found=false) -%}
        {%- for it in tables if not ns.found -%}
            {%- set ns.found = load_relation(source(source_name, it.name)) is not none -%}
        {%- endfor -%}
        {%- if not ns.found -%}
            {{ exceptions.raise_compiler_error(
                "There is no table in " ~ relation.without_identifier()
                ~ ": run the tap with a loader first, or correct DUCKDB_PATH, BQ_PROJECT or BQ_DATASET_PREFIX."
            ) }}
        {%- endif -%}
        {{ exceptions.warn(relation ~ " is not there yet; its models are empty until its stream is loaded.") }}
        {%- set it = tables | selectattr('name', 'equalto', table_name) | first %}
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
