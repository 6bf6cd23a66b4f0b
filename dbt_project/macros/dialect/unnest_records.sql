{# One row per record of a list-of-records column: selects `columns` of a relation plus the record's fields under their new names. #}
{% macro unnest_records(relation, columns, list_column, fields) -%}
    {{ return(adapter.dispatch('unnest_records')(relation, columns, list_column, fields)) }}
{%- endmacro %}

{% macro default__unnest_records(relation, columns, list_column, fields) -%}
    {{ exceptions.raise_compiler_error('unnest_records is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__unnest_records(relation, columns, list_column, fields) -%}
    select
        {{ columns | join(', ') }},
        {% for field, name in fields.items() %}item.{{ field }} as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
    from (select {{ columns | join(', ') }}, unnest({{ list_column }}) as item from {{ relation }}) as items
{%- endmacro %}

{% macro spark__unnest_records(relation, columns, list_column, fields) -%}
    select
        {{ columns | join(', ') }},
        {% for field, name in fields.items() %}item.{{ field }} as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ relation }}
    lateral view explode({{ list_column }}) items as item
{%- endmacro %}
