-- One row per workspace, event date, device and user seen together.
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
        device_id is not null
        and user_id is not null
        {{ and_stale_event_date('event_date') }}

),

final as (

    select
        workspace_id,
        event_date,
        device_id,
        user_id
    from events
    group by workspace_id, event_date, device_id, user_id

)

select * from final
