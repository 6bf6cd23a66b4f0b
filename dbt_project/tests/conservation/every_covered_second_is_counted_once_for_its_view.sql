-- The heatmap's views, summed over a node's seconds, are the views' own unbroken stretches, counted second by second; so are its viewers and plays.
with

segments as (

    select workspace_id, video_id, node_id, sum(last_second - first_second + 1) as play_count from {{ ref('int_coverage_segments') }}
    group by workspace_id, video_id, node_id

),

stretches as (

    select workspace_id, video_id, node_id, sum(last_second - first_second + 1) as views from {{ ref('int_view_stretches') }}
    group by workspace_id, video_id, node_id

),

heatmap as (

    select workspace_id, video_id, node_id, sum(play_count) as play_count, sum(views) as views from {{ ref('attention_heatmap') }}
    group by workspace_id, video_id, node_id

)

select
    segments.workspace_id,
    segments.video_id,
    segments.node_id
from segments
left join stretches
    on segments.workspace_id = stretches.workspace_id and segments.video_id = stretches.video_id and segments.node_id = stretches.node_id
left join heatmap
    on segments.workspace_id = heatmap.workspace_id and segments.video_id = heatmap.video_id and segments.node_id = heatmap.node_id
where
    heatmap.node_id is null
    or heatmap.play_count <> segments.play_count
    or heatmap.views <> stretches.views
