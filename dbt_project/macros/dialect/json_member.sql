{# The member of a JSON object text (`json_object_text`) that a column names, as text: a string without its quotes, anything else as JSON;
   null where there is none. Where the name is known beforehand, `json_record` reads all at once. #}
{% macro json_member(json, name) -%}
    {{ return(adapter.dispatch('json_member')(json, name)) }}
{%- endmacro %}

{% macro default__json_member(json, name) -%}
    {{ exceptions.raise_compiler_error('json_member is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_member(json, name) -%}
    json_extract_string({{ json }}, '/' || replace(replace({{ name }}, '~', '~0'), '/', '~1'))
{%- endmacro %}

{% macro spark__json_member(json, name) -%}
    try_element_at(from_json({{ json }}, 'map<string,string>'), {{ name }})
{%- endmacro %}
