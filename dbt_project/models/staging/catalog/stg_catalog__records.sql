-- One row per authored record of a catalog load in force; a file without a moment of its own describes the beginning.
with

records as (

    select
        entity,
        coalesce(as_of, cast('0001-01-01 00:00:00' as timestamp)) as as_of,
        load_id,
        line_number,
        record
    from {{ source('bronze', 'catalog') }}

),

loads as (

    select * from {{ ref('stg_lake__loads') }}
    where source = 'catalog' and status = 'loaded'

),

-- A file without records is a snapshot too. It names no workspace, and so speaks for all that were described before it.
emptyings as (

    select
        entity,
        as_of as emptied_at
    from loads
    where accepted_count = 0 and rejected_count = 0 and as_of is not null
    group by entity, as_of

),

-- of several the first one after a record counts
emptied_stretches as (

    select
        entity,
        coalesce(
            lag(emptied_at) over (partition by entity order by emptied_at), cast('0001-01-01 00:00:00' as timestamp)
        ) as described_from,
        emptied_at
    from emptyings

),

final as (

    select
        records.entity,
        records.as_of,
        emptied_stretches.emptied_at,
        records.load_id,
        records.line_number,
        records.record
    from records
    inner join loads on records.load_id = loads.load_id
    left join emptied_stretches
        on
            records.entity = emptied_stretches.entity
            and records.as_of >= emptied_stretches.described_from
            and records.as_of < emptied_stretches.emptied_at

)

select * from final
