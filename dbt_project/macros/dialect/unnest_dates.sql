{# One row per UTC date d with first <= d <= last: selects `columns` of a relation plus `date_day` (date). #}
{% macro unnest_dates(relation, columns, first, last) -%}
    {{ return(adapter.dispatch('unnest_dates')(relation, columns, first, last)) }}
{%- endmacro %}

{% macro default__unnest_dates(relation, columns, first, last) -%}
    {{ exceptions.raise_compiler_error('unnest_dates is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__unnest_dates(relation, columns, first, last) -%}
    select
        {% for column in columns %}{{ column }}, {% endfor %}
        cast(unnest(generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval 1 day)) as date) as date_day
    from {{ relation }}
{%- endmacro %}

{% macro spark__unnest_dates(relation, columns, first, last) -%}
    select
        {% for column in columns %}{{ column }}, {% endfor %}
        explode(sequence({{ first }}, {{ last }}, interval 1 day)) as date_day
    from {{ relation }}
{%- endmacro %}
