-- One row per place in the views' paths (1 to 9), node there and node next, over all dates; no next: the view ended or was left there.
-- The page draws as many places as it is asked for and folds the rest. Steps of fewer viewers than the threshold are left out as paths
-- are; where one alone would be at a node, the next smallest is too.
with

steps as (

    select
        workspace_id,
        video_id,
        visit_number as step,
        node_id,
        next_node_id,
        count(*) as view_count,
        count(distinct viewer_id) as viewer_count
    from paths.fct_node_visit
    where visit_number <= 9
    group by workspace_id, video_id, visit_number, node_id, next_node_id

),

judged as (

    select
        steps.*,
        steps.viewer_count < setting.minimum_viewers as is_small
    from steps
    cross join setting

),

neighboured as (

    select
        *,
        count(*) filter (where is_small) over (partition by workspace_id, video_id, step, node_id) as small_count,
        row_number() over (
            partition by workspace_id, video_id, step, node_id, is_small order by viewer_count, next_node_id
        ) as place
    from judged

)

select
    workspace_id,
    video_id,
    step,
    node_id,
    next_node_id,
    view_count,
    viewer_count
from neighboured
where not is_small and not (small_count = 1 and place = 1)
order by workspace_id, video_id, step, node_id, next_node_id nulls last;
