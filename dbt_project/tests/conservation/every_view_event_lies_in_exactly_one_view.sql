-- What should belong to a view by its type and its video does, and the views' counts and spans are those of their events.
with

eligible as (

    select events.event_date, count(*) as event_count
    from {{ ref('events') }} as events
    inner join {{ ref('event_types') }} as vocabulary on events.event_type = vocabulary.event_type
    where events.video_id is not null and vocabulary.is_view_event {{ and_changed('events.event_date', 'stale_event_dates') }}
    group by events.event_date

),

placed as (

    select event_date, count(*) as event_count from {{ ref('int_events_sessionized') }}
    where view_key is not null {{ and_changed('event_date', 'stale_event_dates') }}
    group by event_date

),

gathered as (

    select view_key, view_started_at, count(*) as event_count, min(occurred_at) as first_at, max(occurred_at) as last_at
    from {{ ref('int_events_sessionized') }}
    where view_key is not null {{ and_changed('cast(view_started_at as date)') }}
    group by view_key, view_started_at

),

views as (

    select * from {{ ref('int_views') }}
    {{ where_changed('started_date') }}

)

select
    'the view events of a date' as what,
    cast(coalesce(eligible.event_date, placed.event_date) as {{ string_type() }}) as which
from eligible
full outer join placed on eligible.event_date = placed.event_date
where coalesce(eligible.event_count, 0) <> coalesce(placed.event_count, 0)

union all

select
    'the events of a view' as what,
    views.view_id as which
from views
full outer join gathered on views.view_key = gathered.view_key and views.view_started_at = gathered.view_started_at
where
    views.view_key is null
    or gathered.view_key is null
    or views.event_count <> gathered.event_count
    or views.view_started_at <> gathered.first_at
    or views.view_ended_at <> gathered.last_at
