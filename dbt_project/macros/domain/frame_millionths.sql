{# A part of the frame as whole millionths, rounded half up: places are compared as these, so that 0.15 + 0.18 reaches 0.33 on every engine. #}
{% macro frame_millionths(expression) -%}
    cast(floor(({{ expression }}) * 1000000 + 0.5) as bigint)
{%- endmacro %}
