-- One row per step and segment of the funnels of the whole workspace (rule 64), in the order of the steps.
select
    workspace_id,
    goal_id,
    segment_type,
    segment_value,
    position,
    step_name,
    is_withheld,
    is_drop_withheld,
    reached_viewers,
    share_of_previous,
    share_of_entered,
    dropped_viewers,
    drop_rate,
    median_seconds_from_previous,
    next_event_type,
    next_event_viewers
from shown_funnel_step
where video_id is null
order by workspace_id, video_id, goal_id, segment_type, segment_value nulls last, position;
