{# A JSON array text of what a text says: the items of a JSON list as texts, nulls left out, or the text itself as the only one; null for null. #}
{% macro json_list_from_text(text) -%}
    {{ return(adapter.dispatch('json_list_from_text')(text)) }}
{%- endmacro %}

{% macro default__json_list_from_text(text) -%}
    {{ exceptions.raise_compiler_error('json_list_from_text is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_list_from_text(text) -%}
    case
        when starts_with({{ text }}, '[') and json_valid({{ text }})
            then cast(to_json(list_filter(json_transform({{ text }}, '["varchar"]'), lambda item: item is not null)) as varchar)
        when {{ text }} is not null then cast(to_json([{{ text }}]) as varchar)
    end
{%- endmacro %}

{% macro spark__json_list_from_text(text) -%}
    case
        when {{ text }} like '[%' and from_json({{ text }}, 'array<string>') is not null
            then to_json(filter(from_json({{ text }}, 'array<string>'), item -> item is not null))
        when {{ text }} is not null then to_json(array({{ text }}))
    end
{%- endmacro %}
