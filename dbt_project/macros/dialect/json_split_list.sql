{# A JSON array text of the parts of a text between separators; null for null. A text without the separator is its only part. #}
{% macro json_split_list(expression, separator) -%}
    {{ return(adapter.dispatch('json_split_list')(expression, separator)) }}
{%- endmacro %}

{% macro default__json_split_list(expression, separator) -%}
    {{ exceptions.raise_compiler_error('json_split_list is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_split_list(expression, separator) -%}
    cast(to_json(string_split({{ expression }}, '{{ separator }}')) as varchar)
{%- endmacro %}

{% macro spark__json_split_list(expression, separator) -%}
    {#- split reads its separator as a pattern: \Q and \E take it as it is. -#}
    to_json(split({{ expression }}, '\\Q{{ separator }}\\E'))
{%- endmacro %}
