-- What the scorecards of a video's days count as moves, and as chosen ones, is what its transitions do.
with

counts as (

    select workspace_id, video_id, moves as by_day, chosen_moves as chosen_by_day, 0 as by_step, 0 as chosen_by_step
    from {{ ref('kpi_scorecard_daily') }}
    union all
    select workspace_id, video_id, 0 as by_day, 0 as chosen_by_day, transition_count as by_step, chosen_count as chosen_by_step
    from {{ ref('path_transition') }}
    where from_node_id is not null and to_node_id is not null

)

select workspace_id, video_id from counts
group by workspace_id, video_id
having sum(by_day) <> sum(by_step) or sum(chosen_by_day) <> sum(chosen_by_step)
