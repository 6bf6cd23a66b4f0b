{# The value at a path of keys inside a JSON object text, as text, where the keys are known in the rows only: what a mapping seed names. A key
   is an expression; null where one is null or nothing lies there. What the model itself can name is read once, by `json_record`. #}
{% macro json_value_at(json, keys) -%}
    {{ return(adapter.dispatch('json_value_at')(json, keys)) }}
{%- endmacro %}

{% macro default__json_value_at(json, keys) -%}
    {{ exceptions.raise_compiler_error('json_value_at is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_value_at(json, keys) -%}
    json_extract_string({{ json }}, '$'{% for key in keys %} || '."' || {{ key }} || '"'{% endfor %})
{%- endmacro %}

{% macro spark__json_value_at(json, keys) -%}
    get_json_object({{ json }}, '$'{% for key in keys %} || '[\'' || {{ key }} || '\']'{% endfor %})
{%- endmacro %}
