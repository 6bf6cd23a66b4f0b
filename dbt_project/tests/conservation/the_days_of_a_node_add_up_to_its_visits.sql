-- A node's visits are those of its days, of the views' visits, and of the steps that lead to it.
with

counts as (

    select workspace_id, video_id, node_id, visits as by_node, 0 as by_day, 0 as by_visit, 0 as by_step from {{ ref('node_performance') }}
    union all
    select workspace_id, video_id, node_id, 0 as by_node, visits as by_day, 0 as by_visit, 0 as by_step from {{ ref('kpi_node_daily') }}
    union all
    select workspace_id, video_id, node_id, 0 as by_node, 0 as by_day, 1 as by_visit, 0 as by_step from {{ ref('fct_node_visit') }}
    union all
    select workspace_id, video_id, to_node_id as node_id, 0 as by_node, 0 as by_day, 0 as by_visit, transition_count as by_step
    from {{ ref('path_transition') }}
    where to_node_id is not null

)

select workspace_id, video_id, node_id from counts
group by workspace_id, video_id, node_id
having sum(by_node) <> sum(by_day) or sum(by_node) <> sum(by_visit) or sum(by_node) <> sum(by_step)
