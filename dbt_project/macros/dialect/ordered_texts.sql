{# Aggregates texts as one, in the order of a unique number, with a separator between them; nulls are left out, and null when all are. #}
{% macro ordered_texts(text, number, separator) -%}
    {{ return(adapter.dispatch('ordered_texts')(text, number, separator)) }}
{%- endmacro %}

{% macro default__ordered_texts(text, number, separator) -%}
    {{ exceptions.raise_compiler_error('ordered_texts is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__ordered_texts(text, number, separator) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ number }})
{%- endmacro %}

{% macro spark__ordered_texts(text, number, separator) -%}
    nullif(array_join(transform(
        array_sort(collect_list(struct({{ number }} as number, {{ text }} as text))),
        item -> item.text
    ), '{{ separator }}'), '')
{%- endmacro %}
