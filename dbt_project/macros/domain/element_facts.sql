{# What the catalog says of an element: a version is a stretch of time in which all of it stays the same. #}
{% macro element_facts() %}
    {{ return([
        'element_type', 'name', 'from_seconds', 'to_seconds', 'box_x', 'box_y', 'box_width', 'box_height', 'to_node_id', 'destination_url'
    ]) }}
{% endmacro %}
