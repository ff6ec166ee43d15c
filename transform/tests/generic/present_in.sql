{# Fails for each row whose combination of columns has no row in another relation: relationships over several columns. #}
{% test present_in(model, to, columns) %}
    select distinct
        {% for column in columns -%}
        orphans.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from (select * from {{ model }}) as orphans
    left join {{ to }} as parents
        on {% for column in columns %} orphans.{{ column }} = parents.{{ column }}{{ ' and' if not loop.last }}{% endfor %}
    where
        parents.{{ columns[0] }} is null
        {% for column in columns %} and orphans.{{ column }} is not null{% endfor %}
{% endtest %}
