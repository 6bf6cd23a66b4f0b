-- One row per session, with its viewer.
{{ config(materialized='view', meta={'published_by': 'started_date'}) }}

with

sessions as (

    select * from {{ ref('int_sessions') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

final as (

    select
        ---------- ids
        sessions.session_id,
        sessions.workspace_id,
        {{ viewer_id('sessions', 'device_users') }} as viewer_id,
        sessions.device_id,
        sessions.user_id,
        sessions.playback_id,

        ---------- timestamps
        sessions.session_started_at as started_at,
        sessions.session_ended_at as ended_at,
        sessions.started_date,
        sessions.first_played_at,

        ---------- measures
        {{ rounded_seconds(seconds_between('sessions.session_started_at', 'sessions.session_ended_at')) }} as session_seconds,
        sessions.event_count,
        sessions.view_count,
        sessions.interaction_count,

        ---------- bounce
        sessions.first_played_video_id,
        sessions.is_bounce,
        sessions.is_bounce_without_interaction,
        sessions.is_quick_bounce

    from sessions
    left join device_users on sessions.workspace_id = device_users.workspace_id and sessions.device_id = device_users.device_id

)

select * from final
