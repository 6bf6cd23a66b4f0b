{# What a workspace's newest snapshot of a catalog entity says: a key absent from it is gone, and all are after an empty one. Of a key written
   twice the last line of the last load (by id) counts. #}
{% macro newest_snapshot(relation, keys, attributes) -%}
    select
        {{ (keys + attributes) | join(', ') }}
    from (
        select
            *,
            max(as_of) over (partition by workspace_id) as newest_as_of,
            row_number() over (partition by as_of, {{ keys | join(', ') }} order by load_id desc, line_number desc) as writing
        from {{ relation }}
    ) as writings
    where as_of = newest_as_of and emptied_at is null and writing = 1
{%- endmacro %}

{# The records of every workspace's newest snapshot of a catalog entity, as often as they are written. #}
{% macro newest_writings(relation) -%}
    select * from (
        select
            *,
            max(as_of) over (partition by workspace_id) as newest_as_of
        from {{ relation }}
    ) as writings
    where as_of = newest_as_of and emptied_at is null
{%- endmacro %}
