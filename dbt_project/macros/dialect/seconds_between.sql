{# Elapsed seconds from one timestamp to a later one, as a double with microseconds kept. #}
{% macro seconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('seconds_between')(earlier, later)) }}
{%- endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    {{ exceptions.raise_compiler_error('seconds_between is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
    (cast(epoch_us({{ later }}) - epoch_us({{ earlier }}) as double) / 1000000)
{%- endmacro %}

{% macro spark__seconds_between(earlier, later) -%}
    (cast(unix_micros(cast({{ later }} as timestamp)) - unix_micros(cast({{ earlier }} as timestamp)) as double) / 1000000)
{%- endmacro %}
