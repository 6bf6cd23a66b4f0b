-- Two sessions of one session key never meet, and no view begins outside its session.
with

neighbours as (

    select
        session_key,
        session_started_at,
        lag(session_ended_at) over (partition by session_key order by session_started_at) as previous_ended_at
    from {{ ref('int_session_bounds') }}

)

select
    session_key,
    session_started_at
from neighbours
where session_started_at <= previous_ended_at + interval '{{ var("session_gap_minutes") }}' minute

union all

select
    views.session_key,
    views.view_started_at
from {{ ref('int_view_bounds') }} as views
left join {{ ref('int_session_bounds') }} as sessions
    on views.session_key = sessions.session_key and views.session_started_at = sessions.session_started_at
where sessions.session_key is null or views.view_started_at > sessions.session_ended_at
