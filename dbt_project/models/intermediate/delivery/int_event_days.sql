-- One row per emitter, workspace and event date: what the events of that date look like to someone who must trust them.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'event_date', 'stale_dates': 'stale_event_dates'},
) }}
-- depends_on: {{ ref('stale_event_dates') }}
with

events as (

    select * from {{ ref('events') }}
    where
        1 = 1
        {{ and_stale_event_date('event_date') }}

),

final as (

    select
        source,
        workspace_id,
        event_date,
        count(*) as event_count,
        count(*) filter (where received_at > occurred_at + interval '1' day) as late_event_count,
        count(*) filter (where clock_source = 'skew_corrected') as skew_corrected_count,
        count(*) filter (where clock_source = 'received') as clock_replaced_count,
        count(*) filter (where event_type = 'other') as unknown_type_count,
        count(*) filter (where extra is not null) as unknown_field_count,
        count(*) filter (where received_at is null) as missing_received_at_count,
        count(*) filter (where device_id is null) as missing_device_count,
        count(*) filter (where video_id is null and event_type not in ('page_view', 'identify', 'conversion')) as missing_video_count,
        min(occurred_at) as first_occurred_at,
        max(occurred_at) as last_occurred_at,
        max(received_at) as last_received_at
    from events
    group by source, workspace_id, event_date

)

select * from final
