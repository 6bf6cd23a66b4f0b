-- One row per load in force and event date, as this run found them: every model of a run sees the same loads, whatever lands meanwhile.
with

final as (

    select
        source,
        event_date,
        load_id,
        content_id,
        row_count
    from {{ ref('stg_lake__load_dates') }}

)

select * from final
