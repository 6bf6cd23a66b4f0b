-- One row per stretch of seconds that loses viewers (rule 59); those that fewer viewers than the threshold left are left out.
select
    points.workspace_id,
    points.video_id,
    points.node_id,
    points.second,
    points.first_second,
    points.last_second,
    points.views_lost,
    points.viewers_lost,
    points.share_lost,
    points.baseline_hazard,
    points.p_value,
    coalesce(points.element_name, points.element_id) as element_name,
    points.elements_on_screen
from engagement.drop_off_point as points
cross join setting
where points.viewers_lost >= setting.minimum_viewers
order by points.workspace_id, points.video_id, points.drop_off_rank;
