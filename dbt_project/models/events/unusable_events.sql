-- One row per accepted record that cannot be an event, with the reason (rule 2).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'event_date', 'stale_dates': 'stale_event_dates'},
) }}
-- depends_on: {{ ref('stale_event_dates') }}
with

staged as (

    select * from {{ ref('events_staged') }}
    where
        rejection_reason is not null
        {{ and_stale_event_date('event_date') }}

),

final as (

    select
        load_id,
        source,
        line_number,
        part_number,
        workspace_id,
        event_date,
        rejection_reason,
        event_id,
        {{ json_text_object([
            'event_id', 'event_type', 'original_event_type', 'workspace_id', 'device_id', 'user_id', 'playback_id',
            'video_id', 'node_id', 'occurred_at', 'received_at', 'properties', 'extra'
        ]) }} as record_text
    from staged

)

select * from final
