{# The item of a list at a position counted from 1; null beyond its end, and for a null list. #}
{% macro list_item(list, position) -%}
    {{ return(adapter.dispatch('list_item')(list, position)) }}
{%- endmacro %}

{% macro default__list_item(list, position) -%}
    {{ exceptions.raise_compiler_error('list_item is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__list_item(list, position) -%}
    list_extract({{ list }}, {{ position }})
{%- endmacro %}

{% macro spark__list_item(list, position) -%}
    try_element_at({{ list }}, cast({{ position }} as int))
{%- endmacro %}
