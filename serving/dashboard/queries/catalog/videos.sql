-- One row per video of a workspace.
select
    workspace_id,
    video_id,
    file_key(video_id) as file_key,
    coalesce(title, video_id) as title,
    kind,
    is_in_catalog
from core.dim_video
order by workspace_id, title, video_id;
