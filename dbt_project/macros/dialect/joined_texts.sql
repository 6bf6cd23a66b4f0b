{# The texts of a JSON list of strings in its order, one below the other; nulls in it are left out. Null where it holds none or is no list. #}
{% macro joined_texts(json_column) -%}
    {{ return(adapter.dispatch('joined_texts')(json_column)) }}
{%- endmacro %}

{% macro default__joined_texts(json_column) -%}
    {{ exceptions.raise_compiler_error('joined_texts is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__joined_texts(json_column) -%}
    nullif(array_to_string(try(json_transform({{ json_column }}, '["varchar"]')), chr(10)), '')
{%- endmacro %}

{% macro spark__joined_texts(json_column) -%}
    nullif(array_join(from_json({{ json_column }}, 'array<string>'), chr(10)), '')
{%- endmacro %}
