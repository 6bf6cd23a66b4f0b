-- One row per view: one playback of one video (rule 9), with the stretch of time it covers.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

events as (

    select
        events.session_key,
        events.playback_key,
        events.workspace_id,
        events.source,
        events.video_id,
        events.occurred_at,
        events.event_type
    from {{ ref('events') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}

),

session_bounds as (

    select * from {{ ref('int_session_bounds') }}

),

vocabulary as (

    select event_type from {{ ref('event_types') }}
    where is_view_event

),

view_events as (

    select
        events.session_key,
        events.workspace_id,
        events.source,
        events.video_id,
        events.occurred_at,
        session_bounds.session_started_at,
        {{ view_key('events', 'session_bounds') }} as view_key
    from events
    inner join vocabulary on events.event_type = vocabulary.event_type
    inner join session_bounds
        on
            events.session_key = session_bounds.session_key
            and events.occurred_at between session_bounds.session_started_at and session_bounds.session_ended_at
    where events.video_id is not null

),

-- A gap of more than view_gap_days spans whole dates, so days are compared instead of events.
view_days as (

    select
        view_key,
        session_key,
        workspace_id,
        source,
        video_id,
        cast(occurred_at as date) as occurred_date,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at,
        min(session_started_at) as first_session_started_at,
        max(session_started_at) as last_session_started_at
    from view_events
    group by view_key, session_key, workspace_id, source, video_id, cast(occurred_at as date)

),

neighbours as (

    select
        *,
        lag(last_at) over (partition by view_key order by occurred_date) as previous_at
    from view_days

),

numbered as (

    select
        *,
        sum(case when first_at > previous_at + interval '{{ var("view_gap_days") }}' day then 1 else 0 end) over (
            partition by view_key
            order by occurred_date
            rows between unbounded preceding and current row
        ) as playing_number
    from neighbours

),

final as (

    select
        view_key,
        session_key,
        workspace_id,
        source,
        video_id,
        min(first_at) as view_started_at,
        max(last_at) as view_ended_at,
        cast(min(first_at) as date) as started_date,
        min(first_session_started_at) as session_started_at,
        min(first_session_started_at) <> max(last_session_started_at) as spans_sessions
    from numbered
    group by view_key, session_key, workspace_id, source, video_id, playing_number

)

select * from final
