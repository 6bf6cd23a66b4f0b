{# One row per whole second s with first <= s <= last: selects `columns` of a relation plus `second` (bigint). #}
{% macro unnest_seconds(relation, columns, first, last) -%}
    {{ return(adapter.dispatch('unnest_seconds')(relation, columns, first, last)) }}
{%- endmacro %}

{% macro default__unnest_seconds(relation, columns, first, last) -%}
    {{ exceptions.raise_compiler_error('unnest_seconds is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__unnest_seconds(relation, columns, first, last) -%}
    select
        {{ columns | join(', ') }},
        unnest(generate_series({{ first }}, {{ last }})) as second
    from {{ relation }}
    where {{ last }} >= {{ first }}
{%- endmacro %}

{% macro spark__unnest_seconds(relation, columns, first, last) -%}
    select
        {{ columns | join(', ') }},
        explode(sequence({{ first }}, {{ last }})) as second
    from {{ relation }}
    where {{ last }} >= {{ first }}
{%- endmacro %}
