{# A text where it is a JSON object; null where it is anything else, malformed JSON too: what `json_record` and `json_member` may read. #}
{% macro json_object_text(text) -%}
    {{ return(adapter.dispatch('json_object_text')(text)) }}
{%- endmacro %}

{% macro default__json_object_text(text) -%}
    {{ exceptions.raise_compiler_error('json_object_text is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_object_text(text) -%}
    case when starts_with(ltrim({{ text }}), '{') and json_valid({{ text }}) then {{ text }} end
{%- endmacro %}

{% macro spark__json_object_text(text) -%}
    case when json_object_keys({{ text }}) is not null then {{ text }} end
{%- endmacro %}
