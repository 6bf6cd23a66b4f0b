{# One row per object of a JSON array text, in its order: selects `columns` of a relation plus `position` (from 1) and the objects'
   `fields` (name to type). Text that is no array of objects has no rows; a field that does not fit its type is null. #}
{% macro unnest_json_records(relation, columns, json_column, fields) -%}
    {{ return(adapter.dispatch('unnest_json_records')(relation, columns, json_column, fields)) }}
{%- endmacro %}

{% macro default__unnest_json_records(relation, columns, json_column, fields) -%}
    {{ exceptions.raise_compiler_error('unnest_json_records is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__unnest_json_records(relation, columns, json_column, fields) -%}
    select
        {{ columns | join(', ') }},
        position,
        {% for field in fields %}items[position]."{{ field }}" as {{ field }}{{ ', ' if not loop.last }}{% endfor %}
    from (
        select
            {{ columns | join(', ') }},
            items,
            unnest(range(1, len(items) + 1)) as position
        from (
            select
                {{ columns | join(', ') }},
                try(json_transform({{ json_column }}, '[{{ tojson(fields) | replace('"string"', '"varchar"') }}]')) as items
            from {{ relation }}
        ) as parsed
    ) as positions
{%- endmacro %}

{% macro spark__unnest_json_records(relation, columns, json_column, fields) -%}
    select
        {{ columns | join(', ') }},
        cast(place + 1 as bigint) as position,
        {% for field in fields %}item.`{{ field }}` as {{ field }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ relation }}
    lateral view posexplode(from_json({{ json_column }}, 'array<{{ audience.spark_struct_type(fields) }}>')) items as place, item
{%- endmacro %}
