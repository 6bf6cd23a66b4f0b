{# What the newest snapshot that names a key says of it: one row per key, kept after the key left the catalog. #}
{% macro newest_versions(relation, keys, attributes) -%}
    select
        {{ (keys + attributes) | join(', ') }}
    from (
        select
            *,
            row_number() over (partition by {{ keys | join(', ') }} order by as_of desc, load_id desc, line_number desc) as recency
        from {{ relation }}
    ) as writings
    where recency = 1
{%- endmacro %}
