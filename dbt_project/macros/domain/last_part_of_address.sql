{# What an address ends with, after its last slash or hash; empty ones at its end do not count. #}
{% macro last_part_of_address(address) -%}
    regexp_extract({{ address }}, '([^/#]*)[/#]*$', 1)
{%- endmacro %}
