{# A JSON object text of some text and timestamp columns under their names, nulls included. #}
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
    {#- texts only: a timestamp would be written in another spelling than cast() gives -#}
    to_json(
        struct({% for column in columns %}cast({{ column }} as string) as {{ column }}{{ ', ' if not loop.last }}{% endfor %}),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}
