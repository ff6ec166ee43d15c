{# Fails for each combination of columns that more than one row has, or in which a part is null. #}
{% test unique_together(model, columns) %}
    select
        {{ columns | join(',\n        ') }},
        count(*) as occurrences
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1 {% for column in columns %} or {{ column }} is null {% endfor %}
{% endtest %}
