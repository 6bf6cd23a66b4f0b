{# Rows of [from, to] pairs out of a JSON text such as [[0,12.5],[20,31]]: selects `columns` of a relation plus range_from and
   range_to (double, null where the pair is open). #}
{% macro unnest_ranges(relation, columns, json_column) -%}
    {{ return(adapter.dispatch('unnest_ranges')(relation, columns, json_column)) }}
{%- endmacro %}

{% macro default__unnest_ranges(relation, columns, json_column) -%}
    {{ exceptions.raise_compiler_error('unnest_ranges is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__unnest_ranges(relation, columns, json_column) -%}
    select
        {{ columns | join(', ') }},
        pair[1] as range_from,
        pair[2] as range_to
    from (
        select
            {{ columns | join(', ') }},
            unnest(try(json_transform({{ json_column }}, '[["DOUBLE"]]'))) as pair
        from {{ relation }}
        where {{ json_column }} is not null
    ) as pairs
{%- endmacro %}

{% macro spark__unnest_ranges(relation, columns, json_column) -%}
    select
        {{ columns | join(', ') }},
        get(pair, 0) as range_from,
        get(pair, 1) as range_to
    from {{ relation }}
    lateral view explode(from_json({{ json_column }}, 'array<array<double>>')) pairs as pair
    where {{ json_column }} is not null
{%- endmacro %}
