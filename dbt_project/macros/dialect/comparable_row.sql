{# Non-null columns as one value that compares left to right. #}
{% macro comparable_row(columns) -%}
    {{ return(adapter.dispatch('comparable_row')(columns)) }}
{%- endmacro %}

{% macro default__comparable_row(columns) -%}
    {{ exceptions.raise_compiler_error('comparable_row is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__comparable_row(columns) -%}
    row({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__comparable_row(columns) -%}
    struct({{ columns | join(', ') }})
{%- endmacro %}
