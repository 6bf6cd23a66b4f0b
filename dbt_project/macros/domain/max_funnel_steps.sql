{# How many steps a funnel may have: funnel_viewer has a column for each. #}
{% macro max_funnel_steps() -%}
    {{ return(10) }}
{%- endmacro %}
