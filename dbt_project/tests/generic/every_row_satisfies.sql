{# An expression is true or unknown in every row. #}
{% test every_row_satisfies(model, expression) %}

select *
from {{ model }}
where not ({{ expression }})

{% endtest %}
