-- One row per place and time at which viewers click as if something were there (rule 37), unless fewer viewers than the threshold do.
select
    hotspots.workspace_id,
    hotspots.video_id,
    hotspots.node_id,
    hotspots.viewer_rank,
    hotspots.at_seconds,
    hotspots.box_x,
    hotspots.box_y,
    hotspots.box_width,
    hotspots.box_height,
    hotspots.from_seconds,
    hotspots.to_seconds,
    hotspots.viewers,
    hotspots.clicks,
    hotspots.expected_clicks,
    hotspots.p_value
from interactivity.suggested_hotspot as hotspots
cross join setting
where hotspots.viewers >= setting.minimum_viewers
order by hotspots.workspace_id, hotspots.video_id, hotspots.viewer_rank;
