-- The heatmap's clicks are the clicks with a place, node by node, and those that missed are the false clicks.
with

heatmap as (

    select
        workspace_id,
        video_id,
        node_id,
        sum(clicks) as clicks,
        sum(hits) as hits,
        sum(near_misses) as near_misses,
        sum(false_clicks) as false_clicks
    from {{ ref('click_heatmap') }}
    group by workspace_id, video_id, node_id

),

clicks as (

    select
        workspace_id,
        video_id,
        node_id,
        count(*) as clicks,
        count(*) filter (where outcome = 'hit') as hits
    from {{ ref('int_clicks') }}
    group by workspace_id, video_id, node_id

),

missed as (

    select
        workspace_id,
        video_id,
        node_id,
        count(*) filter (where is_near_miss) as near_misses,
        count(*) filter (where not is_near_miss) as false_clicks
    from {{ ref('false_click') }}
    group by workspace_id, video_id, node_id

)

select
    coalesce(heatmap.workspace_id, clicks.workspace_id, missed.workspace_id) as workspace_id,
    coalesce(heatmap.video_id, clicks.video_id, missed.video_id) as video_id,
    coalesce(heatmap.node_id, clicks.node_id, missed.node_id) as node_id
from heatmap
full outer join clicks
    on heatmap.workspace_id = clicks.workspace_id and heatmap.video_id = clicks.video_id and heatmap.node_id = clicks.node_id
full outer join missed
    on heatmap.workspace_id = missed.workspace_id and heatmap.video_id = missed.video_id and heatmap.node_id = missed.node_id
where
    heatmap.node_id is null
    or clicks.node_id is null
    or heatmap.clicks <> clicks.clicks
    or heatmap.hits <> clicks.hits
    or heatmap.near_misses <> coalesce(missed.near_misses, 0)
    or heatmap.false_clicks <> coalesce(missed.false_clicks, 0)
