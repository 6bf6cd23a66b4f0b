{# A text as a number, where it is written as one (the spelling that ingestion asks for); null otherwise: 1_000, 5d, NaN and 0x10 are numbers
   to one engine or the other. #}
{% macro number_from_text(text, type='double') -%}
    {{ return(adapter.dispatch('number_from_text')(text, type)) }}
{%- endmacro %}

{% macro default__number_from_text(text, type) -%}
    {{ exceptions.raise_compiler_error('number_from_text is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__number_from_text(text, type) -%}
    case
        when regexp_full_match({{ trimmed(text) }}, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?') then try_cast({{ trimmed(text) }} as {{ type }})
    end
{%- endmacro %}

{% macro spark__number_from_text(text, type) -%}
    case
        when {{ trimmed(text) }} rlike '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?\\z' then try_cast({{ trimmed(text) }} as {{ type }})
    end
{%- endmacro %}
