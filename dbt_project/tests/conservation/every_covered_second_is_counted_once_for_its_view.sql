-- The heatmap's plays, summed over a node's seconds, are its coverage segments counted second by second; its views are the views'
-- unbroken stretches, counted likewise.
with

segments as (

    select
        workspace_id,
        video_id,
        node_id,
        sum(ceil(to_seconds) - floor(from_seconds)) as play_count
    from {{ ref('fct_watched_segment') }}
    where is_coverage
    group by workspace_id, video_id, node_id

),

stretches as (

    select
        views.workspace_id,
        views.video_id,
        stretches.node_id,
        sum(stretches.last_second - stretches.first_second + 1) as views
    from {{ ref('int_view_stretches') }} as stretches
    inner join {{ ref('int_views') }} as views
        on stretches.view_key = views.view_key and stretches.view_started_at = views.view_started_at
    group by views.workspace_id, views.video_id, stretches.node_id

),

heatmap as (

    select workspace_id, video_id, node_id, sum(play_count) as play_count, sum(views) as views from {{ ref('attention_heatmap') }}
    group by workspace_id, video_id, node_id

)

select
    coalesce(segments.workspace_id, heatmap.workspace_id) as workspace_id,
    coalesce(segments.video_id, heatmap.video_id) as video_id,
    coalesce(segments.node_id, heatmap.node_id) as node_id
from segments
full outer join heatmap
    on segments.workspace_id = heatmap.workspace_id and segments.video_id = heatmap.video_id and segments.node_id = heatmap.node_id
left join stretches
    on heatmap.workspace_id = stretches.workspace_id and heatmap.video_id = stretches.video_id and heatmap.node_id = stretches.node_id
where
    heatmap.node_id is null
    or segments.node_id is null
    or heatmap.play_count <> segments.play_count
    or heatmap.views <> stretches.views
