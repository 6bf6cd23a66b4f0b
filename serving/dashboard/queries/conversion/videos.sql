-- One row per video, currency and attribution model (rules 76 and 77): what it earned and what it cost, the most revenue first.
with

judged as (

    select
        *,
        is_withheld_of((workspace_id, currency, attribution_model), converting_viewers, video_id) as is_withheld
    from conversion.roi_by_video

)

select
    judged.workspace_id,
    judged.video_id,
    coalesce(dim_video.title, judged.video_id) as name,
    judged.currency,
    judged.attribution_model,
    judged.cost,
    judged.has_other_currencies,
    judged.is_withheld,
    case when not judged.is_withheld then judged.revenue end as revenue,
    case when not judged.is_withheld then judged.roi end as roi,
    case when not judged.is_withheld then judged.conversions end as conversions,
    case when not judged.is_withheld then judged.credited_conversions end as credited_conversions,
    case when not judged.is_withheld then judged.converting_viewers end as converting_viewers
from judged
left join core.dim_video on judged.workspace_id = dim_video.workspace_id and judged.video_id = dim_video.video_id
order by judged.workspace_id, judged.currency nulls last, judged.attribution_model, revenue desc nulls last, judged.video_id;
