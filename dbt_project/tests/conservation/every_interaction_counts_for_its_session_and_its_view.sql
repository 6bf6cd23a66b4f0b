-- The interactions of a session and of a view are as many as they say.
with

by_session as (

    select session_id, count(*) as interaction_count from {{ ref('fct_interaction') }}
    group by session_id

),

by_view as (

    select view_id, count(*) as interaction_count from {{ ref('fct_interaction') }}
    where view_id is not null
    group by view_id

)

select
    'session' as what,
    sessions.session_id as which
from {{ ref('fct_session') }} as sessions
left join by_session on sessions.session_id = by_session.session_id
where sessions.interaction_count <> coalesce(by_session.interaction_count, 0)

union all

select
    'view' as what,
    views.view_id as which
from {{ ref('fct_view') }} as views
left join by_view on views.view_id = by_view.view_id
where views.interaction_count <> coalesce(by_view.interaction_count, 0)
