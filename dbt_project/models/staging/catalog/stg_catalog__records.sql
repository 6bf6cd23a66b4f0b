-- One row per authored record of a catalog load in force; a file without a moment of its own describes the beginning.
with

records as (

    select * from {{ source('bronze', 'catalog') }}

),

loads as (

    select load_id from {{ ref('stg_lake__loads') }}
    where source = 'catalog' and status = 'loaded'

),

final as (

    select
        records.entity,
        coalesce(records.as_of, cast('0001-01-01 00:00:00' as timestamp)) as as_of,
        records.load_id,
        records.line_number,
        records.record
    from records
    inner join loads on records.load_id = loads.load_id

)

select * from final
