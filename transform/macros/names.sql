{# Schemas are named plainly (staging, marts, alerts): no developer prefix from the profile. On BigQuery an environment
   may put its own in front, e.g. BQ_DATASET_PREFIX=prod_ gives prod_marts. DuckDB has one file for each environment. #}
{% macro dataset_prefix() -%}
    {{ env_var('BQ_DATASET_PREFIX', '') if target.type == 'bigquery' else '' }}
{%- endmacro %}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ talat.dataset_prefix() }}{{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
