-- One row per record that is not an event, whether ingestion could not read it or the models could not use it.
{{ config(materialized='table') }}

with

quarantined as (

    select * from {{ ref('stg_lake__quarantined_records') }}

),

unusable as (

    select * from {{ ref('unusable_events') }}

),

loads as (

    select * from {{ ref('stg_lake__loads') }}
    where status = 'loaded'

),

final as (

    select
        source,
        load_id,
        path,
        line_number,
        'ingestion' as rejected_by,
        reason,
        detail,
        event_date,
        raw_text
    from quarantined

    union all

    select
        unusable.source,
        unusable.load_id,
        loads.path,
        unusable.line_number,
        'models' as rejected_by,
        unusable.rejection_reason as reason,
        case unusable.rejection_reason
            when 'missing_event_type' then 'event_type is missing or blank: let the emitter name what happened'
            when 'missing_viewer' then 'device_id, user_id and playback_id are all missing: let the emitter send at least one'
            when 'identifier_too_long'
                then 'an id, campaign, device type or country has more than {{ var("longest_identifier") }} characters: send a shorter one'
            else
                'the clock is outside {{ var("earliest_event_date") }} to {{ var("latest_event_date") }} '
                || 'and no receive time can replace it: repair occurred_at'
        end as detail,
        unusable.event_date,
        unusable.record_text as raw_text
    from unusable
    left join loads on unusable.source = loads.source and unusable.load_id = loads.load_id

)

select * from final
