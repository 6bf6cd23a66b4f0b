-- The events and the sessionized events are the same, date by date (count and checksum; each is unique by its own key test),
-- each lies within its session, and the sessions' counts add up to them.
with

held as (

    select event_date, count(*) as event_count, sum(event_key % 1000003) as checksum from {{ ref('events') }}
    {{ where_changed('event_date', 'stale_event_dates') }}
    group by event_date

),

placed as (

    select event_date, count(*) as event_count, sum(event_key % 1000003) as checksum from {{ ref('int_events_sessionized') }}
    {{ where_changed('event_date', 'stale_event_dates') }}
    group by event_date

),

sessionized as (

    select session_key, session_started_at, count(*) as event_count, min(occurred_at) as first_at, max(occurred_at) as last_at
    from {{ ref('int_events_sessionized') }}
    {{ where_changed('cast(session_started_at as date)') }}
    group by session_key, session_started_at

),

sessions as (

    select * from {{ ref('int_sessions') }}
    {{ where_changed('started_date') }}

)

select
    'the events of a date' as what,
    cast(coalesce(held.event_date, placed.event_date) as {{ string_type() }}) as which
from held
full outer join placed on held.event_date = placed.event_date
where
    coalesce(held.event_count, 0) <> coalesce(placed.event_count, 0)
    or coalesce(held.checksum, 0) <> coalesce(placed.checksum, 0)

union all

select
    'the events of a session' as what,
    sessions.session_id as which
from sessions
full outer join sessionized
    on sessions.session_key = sessionized.session_key and sessions.session_started_at = sessionized.session_started_at
where
    sessions.session_key is null
    or sessionized.session_key is null
    or sessions.event_count <> sessionized.event_count
    or sessions.session_started_at <> sessionized.first_at
    or sessions.session_ended_at <> sessionized.last_at
