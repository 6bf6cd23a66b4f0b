-- One row per session: a session key's activity without a gap over session_gap_minutes (rule 8).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'session_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

events as (

    select
        events.session_key,
        events.occurred_at
    from {{ ref('events') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}

),

neighbours as (

    -- events at one moment need no order among themselves here: only gaps count
    select
        session_key,
        occurred_at,
        lag(occurred_at) over (partition by session_key order by occurred_at) as previous_at
    from events

),

starts as (

    select
        session_key,
        occurred_at as session_started_at,
        previous_at
    from neighbours
    where
        previous_at is null
        or occurred_at > previous_at + interval '{{ var("session_gap_minutes") }}' minute

),

last_events as (

    select
        session_key,
        max(occurred_at) as last_at
    from events
    group by session_key

),

final as (

    select
        starts.session_key,
        starts.session_started_at,
        -- the event before the next session's start is this session's last
        coalesce(
            lead(starts.previous_at) over (partition by starts.session_key order by starts.session_started_at),
            last_events.last_at
        ) as session_ended_at,
        cast(starts.session_started_at as date) as started_date
    from starts
    inner join last_events on starts.session_key = last_events.session_key

)

select * from final
