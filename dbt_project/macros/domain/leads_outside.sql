{# Whether an interaction leads out of the video (rule 23): it has an address, or is of a kind that always does. #}
{% macro leads_outside(event_type='event_type', destination_url='destination_url') -%}
    ({{ destination_url }} is not null or {{ event_type }} in ('cta_click', 'product_click'))
{%- endmacro %}
