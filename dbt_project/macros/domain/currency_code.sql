{# A currency as ISO 4217 writes it: trimmed, A to Z in upper case, null when blank. Letters beyond A to Z differ between engines. #}
{% macro currency_code(column) -%}
    nullif(translate({{ trimmed(column) }}, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), '')
{%- endmacro %}
