{# A text as a JSON list of texts: as it stands where it is a list already, else holding it alone; null for null. #}
{% macro json_texts(text) -%}
    case when {{ text }} like '[%' and {{ joined_texts(text) }} is not null then {{ text }} else {{ json_string_list(text) }} end
{%- endmacro %}
