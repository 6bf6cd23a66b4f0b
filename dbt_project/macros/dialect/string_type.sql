{% macro string_type() -%}
    {{ return(adapter.dispatch('string_type')()) }}
{%- endmacro %}

{% macro default__string_type() -%}
    {{ exceptions.raise_compiler_error('string_type is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__string_type() -%}varchar{%- endmacro %}

{% macro spark__string_type() -%}string{%- endmacro %}
