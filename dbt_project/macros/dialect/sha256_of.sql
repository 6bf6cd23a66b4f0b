{# SHA-256 of a text's UTF-8 bytes in lower-case hexadecimal: how advertising and CRM systems match an address without reading it. #}
{% macro sha256_of(text) -%}
    {{ return(adapter.dispatch('sha256_of')(text)) }}
{%- endmacro %}

{% macro default__sha256_of(text) -%}
    {{ exceptions.raise_compiler_error('sha256_of is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__sha256_of(text) -%}
    sha256({{ text }})
{%- endmacro %}

{% macro spark__sha256_of(text) -%}
    sha2({{ text }}, 256)
{%- endmacro %}
