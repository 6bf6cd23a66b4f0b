{# Seconds rounded half up to milliseconds by arithmetic that every engine does alike (their round() differs in the last place). #}
{% macro rounded_seconds(expression) -%}
    (floor(({{ expression }}) * 1000 + 0.5) / 1000)
{%- endmacro %}
