{# A JSON array text holding one string, or null for null. #}
{% macro json_string_list(expression) -%}
    {{ return(adapter.dispatch('json_string_list')(expression)) }}
{%- endmacro %}

{% macro default__json_string_list(expression) -%}
    {{ exceptions.raise_compiler_error('json_string_list is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_string_list(expression) -%}
    case when {{ expression }} is not null then cast(to_json([{{ expression }}]) as varchar) end
{%- endmacro %}

{% macro spark__json_string_list(expression) -%}
    case when {{ expression }} is not null then to_json(array({{ expression }})) end
{%- endmacro %}
