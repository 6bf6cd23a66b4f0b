{# Whole microseconds since 1970-01-01 UTC as a timestamp: what epoch_microseconds undoes. #}
{% macro timestamp_from_microseconds(microseconds) -%}
    {{ return(adapter.dispatch('timestamp_from_microseconds')(microseconds)) }}
{%- endmacro %}

{% macro default__timestamp_from_microseconds(microseconds) -%}
    {{ exceptions.raise_compiler_error('timestamp_from_microseconds is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__timestamp_from_microseconds(microseconds) -%}
    make_timestamp({{ microseconds }})
{%- endmacro %}

{% macro spark__timestamp_from_microseconds(microseconds) -%}
    timestamp_micros({{ microseconds }})
{%- endmacro %}
