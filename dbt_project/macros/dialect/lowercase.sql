{# A text in lower case, character by character. #}
{% macro lowercase(text) -%}
    {{ return(adapter.dispatch('lowercase')(text)) }}
{%- endmacro %}

{% macro default__lowercase(text) -%}
    {{ exceptions.raise_compiler_error('lowercase is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__lowercase(text) -%}
    lower({{ text }})
{%- endmacro %}

{% macro spark__lowercase(text) -%}
    {#- Java lowers a dotted I to two characters and a last sigma by its place in the word. -#}
    lower(translate({{ text }}, 'İΣ', 'iσ'))
{%- endmacro %}
