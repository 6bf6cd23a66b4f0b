-- The paths of a video add up to its views that visited a node, and a path's visits are its view's.
with

paths as (

    select view_id, visit_count from {{ ref('viewer_path') }}
    {{ where_changed('started_date') }}

),

visits as (

    select
        view_id,
        count(*) as visit_count
    from {{ ref('fct_node_visit') }}
    {{ where_changed('started_date') }}
    group by view_id

),

views as (

    select
        workspace_id,
        video_id,
        count(*) as view_count
    from {{ ref('fct_view') }}
    where node_count > 0
    group by workspace_id, video_id

),

summaries as (

    select
        workspace_id,
        video_id,
        sum(view_count) as view_count
    from {{ ref('path_summary') }}
    group by workspace_id, video_id

)

select
    visits.view_id as broken,
    visits.visit_count as found
from visits
left join paths on visits.view_id = paths.view_id
where paths.visit_count is null or paths.visit_count <> visits.visit_count
union all
select
    views.video_id as broken,
    summaries.view_count as found
from views
left join summaries on views.workspace_id = summaries.workspace_id and views.video_id = summaries.video_id
where summaries.view_count is null or summaries.view_count <> views.view_count
