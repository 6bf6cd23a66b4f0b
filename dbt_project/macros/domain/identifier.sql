{# An identifier as the emitter meant it: trimmed, and null when blank. #}
{% macro identifier(column) -%}
    nullif({{ trimmed(column) }}, '')
{%- endmacro %}
