{# Media time as it can be (rule 5): null when negative or beyond the longest node anybody makes. #}
{% macro plausible_seconds(column) -%}
    case when {{ column }} between 0 and {{ var('longest_node_seconds') }} then {{ column }} end
{%- endmacro %}
