{# The median of seconds, rounded half up to milliseconds. It is taken of whole microseconds: between two values in the middle engines
   interpolate in ways that differ in the last bit, and half a millisecond, which lies there often, was rounded up by one and down by the
   other (42.5105 s in the demo's funnel_step, 2026-11-22). #}
{% macro median_seconds(expression) -%}
    (floor(median(cast(floor(({{ expression }}) * 1000000 + 0.5) as bigint)) / 1000 + 0.5) / 1000)
{%- endmacro %}
