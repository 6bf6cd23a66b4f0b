{# Every combination of `columns` is one of `parent_columns` (the same names unless told otherwise) in the relation `to`. #}
{% test combination_exists_in(model, columns, to, parent_columns=none) %}
{% set parent_columns = parent_columns or columns %}

with

children as (

    select {{ columns | join(', ') }} from {{ model }}
    group by {{ columns | join(', ') }}

)

select children.*
from children
where
    not exists (
        select 1 from {{ to }} as parents
        where
            {% for column in columns -%}
                {{ 'and ' if not loop.first }}parents.{{ parent_columns[loop.index0] }} = children.{{ column }}
            {% endfor %}
    )

{% endtest %}
