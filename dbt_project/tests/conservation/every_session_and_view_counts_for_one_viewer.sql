-- The viewers' sessions and views add up to all of them, workspace by workspace.
with

viewers as (

    select workspace_id, sum(session_count) as session_count, sum(view_count) as view_count from {{ ref('dim_viewer') }}
    group by workspace_id

),

sessions as (

    select workspace_id, count(*) as session_count, sum(view_count) as view_count from {{ ref('fct_session') }}
    group by workspace_id

),

views as (

    select workspace_id, count(*) as view_count from {{ ref('fct_view') }}
    group by workspace_id

)

select
    sessions.workspace_id,
    viewers.session_count as counted_session_count,
    sessions.session_count,
    viewers.view_count as counted_view_count,
    views.view_count
from sessions
left join viewers on sessions.workspace_id = viewers.workspace_id
left join views on sessions.workspace_id = views.workspace_id
where
    viewers.session_count is null
    or viewers.session_count <> sessions.session_count
    or viewers.view_count <> coalesce(views.view_count, 0)
    or sessions.view_count <> coalesce(views.view_count, 0)
