{# The text that is written in Base64, where it is one; null otherwise. A plus sign may have become a space on its way through a query string. #}
{% macro text_from_base64(text) -%}
    {{ return(adapter.dispatch('text_from_base64')(text)) }}
{%- endmacro %}

{% macro default__text_from_base64(text) -%}
    {{ exceptions.raise_compiler_error('text_from_base64 is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__text_from_base64(text) -%}
    try(decode(from_base64(replace({{ text }}, ' ', '+'))))
{%- endmacro %}

{% macro spark__text_from_base64(text) -%}
    try_validate_utf8(cast(try_to_binary(replace({{ text }}, ' ', '+'), 'base64') as string))
{%- endmacro %}
