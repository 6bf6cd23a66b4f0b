{# Whether a value is in a column of a small relation, as an expression: rows pass by untouched. The same as a join copies every wide
   row once (measured 2026-11-22, 1M rows of the envelope: 1.1 s of CPU a join, 0.1 s so). #}
{% macro is_listed(expression, column, relation) -%}
    {{ return(adapter.dispatch('is_listed')(expression, column, relation)) }}
{%- endmacro %}

{% macro default__is_listed(expression, column, relation) -%}
    {{ exceptions.raise_compiler_error('is_listed is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__is_listed(expression, column, relation) -%}
    case when {{ expression }} in (select {{ column }} from {{ relation }}) then true else false end
{%- endmacro %}

{% macro spark__is_listed(expression, column, relation) -%}
    coalesce({{ expression }} in (select {{ column }} from {{ relation }}), false)
{%- endmacro %}
