-- One row per goal and, of a funnel of each video, per video that has one: who entered and who went all the way.
-- A viewer enters a funnel at one step, so that those who entered add up.
select
    funnel_step.workspace_id,
    goal_id,
    video_id,
    coalesce(goal_name, goal_id) as name,
    is_default,
    step_count,
    bool_or(is_small(reached_viewers)) as is_withheld,
    case when not is_small(sum(entered_viewers)) then sum(entered_viewers)::bigint end as entered_viewers,
    case when not bool_or(is_small(reached_viewers)) then max(reached_viewers) filter (where position = step_count) end as converted_viewers
from funnels.funnel_step
where segment_type = 'all'
group by all
order by workspace_id, is_default, name, goal_id, entered_viewers desc nulls last, video_id;
