-- A playback is cut only where nothing happened for longer than view_gap_days.
with

neighbours as (

    select
        view_key,
        view_started_at,
        lag(view_ended_at) over (partition by view_key order by view_started_at) as previous_ended_at
    from {{ ref('int_view_bounds') }}

)

select
    view_key,
    view_started_at
from neighbours
where view_started_at <= previous_ended_at + interval '{{ var("view_gap_days") }}' day
