-- One row per second of a node over all dates (rule 26): who watched it, how often again, and who was still there.
with

judged as (

    select
        attention.workspace_id,
        attention.video_id,
        attention.node_id,
        attention.second,
        attention.views,
        attention.viewers,
        attention.replays,
        retention.watching,
        retention.started,
        retention.retention,
        attention.viewers between 1 and setting.minimum_viewers - 1
        or retention.watching between 1 and setting.minimum_viewers - 1 as is_withheld
    from engagement.attention_heatmap as attention
    cross join setting
    inner join engagement.retention_curve as retention
        on
            attention.workspace_id = retention.workspace_id
            and attention.video_id = retention.video_id
            and attention.node_id = retention.node_id
            and attention.second = retention.second

)

select
    workspace_id,
    video_id,
    node_id,
    second,
    is_withheld,
    case when not is_withheld then views end as views,
    case when not is_withheld then viewers end as viewers,
    case when not is_withheld then replays end as replays,
    case when not is_withheld then watching end as watching,
    case when not is_withheld then started end as started,
    case when not is_withheld then retention end as retention
from judged
order by workspace_id, video_id, node_id, second;
