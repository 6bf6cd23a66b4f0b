{# Whether a run may add rows to a date that it leaves as it is otherwise. Spark writes a partition whole or not at all. #}
{% macro adds_to_dates() -%}
    {{ return(adapter.dispatch('adds_to_dates')()) }}
{%- endmacro %}

{% macro default__adds_to_dates() -%}
    {{ exceptions.raise_compiler_error('adds_to_dates is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__adds_to_dates() -%}
    {{ return(true) }}
{%- endmacro %}

{% macro spark__adds_to_dates() -%}
    {{ return(false) }}
{%- endmacro %}
