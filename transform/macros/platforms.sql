{# Rows of every platform at one grain: reads stg_<platform>__<name> for each platform in the var `platforms`. Columns are
   named, so that a platform's model may order its own as it likes and a missing one fails at once. #}
{% macro union_platforms(name, columns) -%}
    {%- for platform in var('platforms') %}
        select
            '{{ platform }}' as platform,
            {{ columns | join(',\n            ') }}
        from {{ ref('stg_' ~ platform ~ '__' ~ name) }}
        {%- if not loop.last %}
        union all
        {%- endif %}
    {%- endfor %}
{%- endmacro %}
