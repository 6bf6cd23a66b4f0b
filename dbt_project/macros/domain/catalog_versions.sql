{# Versions of a catalog entity: one row per key and stretch of time in which its attributes stay the same. A workspace's snapshot holds
   until its next one or an empty one; the first holds from the beginning; a key absent from a snapshot is closed by it. Of a key written
   twice in one snapshot the last line of the last load (by id) counts. #}
{% macro catalog_versions(relation, keys, attributes) -%}
    with

    records as (

        select
            *,
            row_number() over (partition by as_of, {{ keys | join(', ') }} order by load_id desc, line_number desc) as writing
        from {{ relation }}

    ),

    snapshot_moments as (

        select distinct workspace_id, as_of from {{ relation }}

    ),

    snapshots as (

        select
            workspace_id,
            as_of,
            row_number() over (partition by workspace_id order by as_of) as snapshot_number,
            lead(as_of) over (partition by workspace_id order by as_of) as next_as_of
        from snapshot_moments

    ),

    stretches as (

        select
            {% for key in keys %}records.{{ key }}, {% endfor %}
            {% for attribute in attributes %}records.{{ attribute }}, {% endfor %}
            snapshots.snapshot_number,
            case when snapshots.snapshot_number = 1 then cast('0001-01-01 00:00:00' as timestamp) else snapshots.as_of end as valid_from,
            -- least passes over a null
            coalesce(least(snapshots.next_as_of, records.emptied_at), cast('9999-12-31 00:00:00' as timestamp)) as valid_to
        from records
        inner join snapshots on records.workspace_id = snapshots.workspace_id and records.as_of = snapshots.as_of
        where records.writing = 1

    ),

    compared as (

        select
            *,
            case
                when
                    lag(valid_to) over (partition by {{ keys | join(', ') }} order by snapshot_number) = valid_from
                    {% for attribute in attributes %}
                    and lag({{ attribute }}) over (partition by {{ keys | join(', ') }} order by snapshot_number) is not distinct from {{ attribute }}
                    {% endfor %}
                    then 0
                else 1
            end as is_change
        from stretches

    ),

    versions as (

        select
            *,
            sum(is_change) over (
                partition by {{ keys | join(', ') }}
                order by snapshot_number
                rows between unbounded preceding and current row
            ) as version_number
        from compared

    )

    select
        {% for key in keys %}{{ key }}, {% endfor %}
        version_number,
        {% for attribute in attributes %}max({{ attribute }}) as {{ attribute }}, {% endfor %}
        min(valid_from) as valid_from,
        max(valid_to) as valid_to
    from versions
    group by {{ keys | join(', ') }}, version_number
{%- endmacro %}
