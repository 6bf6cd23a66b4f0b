-- The wall-time law, counted from the events alone: what was derived for a view is at most its span at its highest rate,
-- and a tolerance for each pair of neighbouring evidence events.
with

spans as (

    select
        view_key,
        view_started_at,
        {{ seconds_between('min(occurred_at)', 'max(occurred_at)') }} * greatest(coalesce(max(playback_rate), 1), 1)
        + (count(*) - 1) * ({{ var('segment_tolerance_seconds') }} + 0.002) as longest_seconds
    from {{ ref('int_events_sessionized') }}
    where view_key is not null and is_evidence {{ and_changed('cast(view_started_at as date)') }}
    group by view_key, view_started_at

),

watched as (

    select view_key, view_started_at, sum(to_seconds - from_seconds) as watched_seconds from {{ ref('int_derived_segments') }}
    {{ where_changed('started_date') }}
    group by view_key, view_started_at

)

select
    watched.view_key,
    watched.view_started_at,
    watched.watched_seconds,
    spans.longest_seconds
from watched
left join spans on watched.view_key = spans.view_key and watched.view_started_at = spans.view_started_at
where spans.view_key is null or watched.watched_seconds > spans.longest_seconds
