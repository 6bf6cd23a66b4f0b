{# The names of the members of a JSON object text (`json_object_text`), each once, as a list in byte order; null for null. #}
{% macro json_member_names(json) -%}
    {{ return(adapter.dispatch('json_member_names')(json)) }}
{%- endmacro %}

{% macro default__json_member_names(json) -%}
    {{ exceptions.raise_compiler_error('json_member_names is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_member_names(json) -%}
    list_sort(list_distinct(json_keys({{ json }})))
{%- endmacro %}

{% macro spark__json_member_names(json) -%}
    array_sort(array_distinct(json_object_keys({{ json }})))
{%- endmacro %}
