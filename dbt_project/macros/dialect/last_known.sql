{# The latest non-null value of an expression at or before the current row of a window, or before it (until='1 preceding'). #}
{% macro last_known(expression, partition_by, order_by, until='current row') -%}
    {{ return(adapter.dispatch('last_known')(expression, partition_by, order_by, until)) }}
{%- endmacro %}

{% macro default__last_known(expression, partition_by, order_by, until) -%}
    {{ exceptions.raise_compiler_error('last_known is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__last_known(expression, partition_by, order_by, until) -%}
    last_value({{ expression }} ignore nulls) over (partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and {{ until }})
{%- endmacro %}

{% macro spark__last_known(expression, partition_by, order_by, until) -%}
    last_value({{ expression }}) ignore nulls over (partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and {{ until }})
{%- endmacro %}
