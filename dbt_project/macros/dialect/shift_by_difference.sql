{# A timestamp moved by the seconds between two others: at + (later - earlier). #}
{% macro shift_by_difference(at, earlier, later) -%}
    {{ return(adapter.dispatch('shift_by_difference')(at, earlier, later)) }}
{%- endmacro %}

{% macro default__shift_by_difference(at, earlier, later) -%}
    {{ exceptions.raise_compiler_error('shift_by_difference is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__shift_by_difference(at, earlier, later) -%}
    ({{ at }} + ({{ later }} - {{ earlier }}))
{%- endmacro %}

{% macro spark__shift_by_difference(at, earlier, later) -%}
    timestamp_micros(unix_micros({{ at }}) + unix_micros({{ later }}) - unix_micros({{ earlier }}))
{%- endmacro %}
