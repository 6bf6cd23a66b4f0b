{# A JSON object text of some columns under their names, nulls left out where the engine does so. #}
{% macro json_text_object(columns) -%}
    {{ return(adapter.dispatch('json_text_object')(columns)) }}
{%- endmacro %}

{% macro default__json_text_object(columns) -%}
    {{ exceptions.raise_compiler_error('json_text_object is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_text_object(columns) -%}
    cast(json_object({% for column in columns %}'{{ column }}', {{ column }}{{ ', ' if not loop.last }}{% endfor %}) as varchar)
{%- endmacro %}

{% macro spark__json_text_object(columns) -%}
    to_json(struct({{ columns | join(', ') }}))
{%- endmacro %}
