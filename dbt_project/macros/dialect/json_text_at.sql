{# The text at a path (such as `$[0].id`) inside JSON text; null where there is none or the text is no JSON. For few rows: wide records are
   read with `json_record`. #}
{% macro json_text_at(text, path) -%}
    {{ return(adapter.dispatch('json_text_at')(text, path)) }}
{%- endmacro %}

{% macro default__json_text_at(text, path) -%}
    {{ exceptions.raise_compiler_error('json_text_at is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_text_at(text, path) -%}
    try(json_extract_string({{ text }}, '{{ path }}'))
{%- endmacro %}

{% macro spark__json_text_at(text, path) -%}
    get_json_object({{ text }}, '{{ path }}')
{%- endmacro %}
