{# One row per text of a JSON list of strings: selects `columns` of a relation plus `text_column`. Nulls in the list have no row, nor has
   text that is no list; numbers come as they are written. #}
{% macro unnest_texts(relation, columns, json_column, text_column) -%}
    {{ return(adapter.dispatch('unnest_texts')(relation, columns, json_column, text_column)) }}
{%- endmacro %}

{% macro default__unnest_texts(relation, columns, json_column, text_column) -%}
    {{ exceptions.raise_compiler_error('unnest_texts is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__unnest_texts(relation, columns, json_column, text_column) -%}
    select
        {{ columns | join(', ') }},
        item as {{ text_column }}
    from (
        select
            {{ columns | join(', ') }},
            unnest(try(json_transform({{ json_column }}, '["varchar"]'))) as item
        from {{ relation }}
        where {{ json_column }} is not null
    ) as items
    where item is not null
{%- endmacro %}

{% macro spark__unnest_texts(relation, columns, json_column, text_column) -%}
    select
        {{ columns | join(', ') }},
        item as {{ text_column }}
    from {{ relation }}
    lateral view explode(from_json({{ json_column }}, 'array<string>')) items as item
    where {{ json_column }} is not null and item is not null
{%- endmacro %}
