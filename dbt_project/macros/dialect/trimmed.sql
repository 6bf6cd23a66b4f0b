{# A text without the spaces around it, Unicode's separators among them (no-break space, em space), tabs and line breaks not. #}
{% macro trimmed(text) -%}
    {{ return(adapter.dispatch('trimmed')(text)) }}
{%- endmacro %}

{% macro default__trimmed(text) -%}
    {{ exceptions.raise_compiler_error('trimmed is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__trimmed(text) -%}
    trim({{ text }})
{%- endmacro %}

{% macro spark__trimmed(text) -%}
    {#- Spark's trim knows the ASCII space only; \z, because $ would match before a last line break too. -#}
    regexp_replace({{ text }}, '^\\p{Zs}+|\\p{Zs}+\\z', '')
{%- endmacro %}
