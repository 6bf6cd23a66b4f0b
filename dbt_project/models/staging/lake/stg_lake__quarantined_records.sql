-- One row per record that ingestion could not accept.
with

quarantine as (

    select * from {{ source('bronze', 'quarantine') }}

),

loads as (

    select * from {{ ref('stg_lake__loads') }}
    where status = 'loaded'

),

final as (

    select
        quarantine.load_id,
        quarantine.source,
        quarantine.path,
        quarantine.line_number,
        quarantine.event_date,
        quarantine.reason,
        quarantine.detail,
        quarantine.raw_text
    from quarantine
    inner join loads on quarantine.load_id = loads.load_id and quarantine.source = loads.source

)

select * from final
