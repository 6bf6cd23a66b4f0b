-- One row per node of a video over all dates (rule 56); a node that fewer viewers than the threshold visited keeps its name only.
with

judged as (

    select
        nodes.*,
        nodes.unique_viewers between 1 and setting.minimum_viewers - 1 as is_withheld
    from paths.node_performance as nodes
    cross join setting

)

select
    workspace_id,
    video_id,
    node_id,
    file_key(node_id) as file_key,
    coalesce(title, node_id) as title,
    duration_seconds,
    level,
    coalesce(is_start, false) as is_start,
    coalesce(is_ending, false) as is_ending,
    is_in_catalog,
    is_unvisited,
    is_withheld,
    case when not is_withheld then visits end as visits,
    case when not is_withheld then plays end as plays,
    case when not is_withheld then unique_views end as unique_views,
    case when not is_withheld then unique_viewers end as unique_viewers,
    case when not is_withheld then round(average_dwell_seconds, 3) end as average_dwell_seconds,
    case when not is_withheld then completion_rate end as completion_rate,
    case when not is_withheld then drop_off_rate end as drop_off_rate,
    case when not is_withheld then exits end as exits
from judged
order by workspace_id, video_id, level nulls last, title, node_id;
