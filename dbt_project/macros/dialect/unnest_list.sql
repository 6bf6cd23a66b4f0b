{# One row per item of a list column, in its order: selects `columns` of a relation plus `position` (from 1) and the item under a name. #}
{% macro unnest_list(relation, columns, list_column, item_column) -%}
    {{ return(adapter.dispatch('unnest_list')(relation, columns, list_column, item_column)) }}
{%- endmacro %}

{% macro default__unnest_list(relation, columns, list_column, item_column) -%}
    {{ exceptions.raise_compiler_error('unnest_list is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__unnest_list(relation, columns, list_column, item_column) -%}
    select
        {{ columns | join(', ') }},
        position,
        list_extract(listed, position) as {{ item_column }}
    from (
        select
            {{ columns | join(', ') }},
            {{ list_column }} as listed,
            unnest(range(1, len({{ list_column }}) + 1)) as position
        from {{ relation }}
    ) as positions
{%- endmacro %}

{% macro spark__unnest_list(relation, columns, list_column, item_column) -%}
    select
        {{ columns | join(', ') }},
        cast(place + 1 as bigint) as position,
        item as {{ item_column }}
    from {{ relation }}
    lateral view posexplode({{ list_column }}) items as place, item
{%- endmacro %}
