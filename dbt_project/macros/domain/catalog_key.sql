{# The key of an authored record as one text that a person can find in the file; what is not known is left out. #}
{% macro catalog_key(columns) -%}
    concat_ws(' / '{% for column in columns %}, cast({{ column }} as {{ string_type() }}){% endfor %})
{%- endmacro %}
