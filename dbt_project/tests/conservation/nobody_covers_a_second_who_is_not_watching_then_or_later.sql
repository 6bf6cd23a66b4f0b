-- Both curves count the same views: those who covered a second are among those who watched until then or later.
select
    heatmap.workspace_id,
    heatmap.video_id,
    heatmap.node_id,
    heatmap.second
from {{ ref('attention_heatmap') }} as heatmap
left join {{ ref('retention_curve') }} as curve
    on
        heatmap.workspace_id = curve.workspace_id
        and heatmap.video_id = curve.video_id
        and heatmap.node_id = curve.node_id
        and heatmap.second = curve.second
where curve.second is null or heatmap.views > curve.watching
