-- One row per path through a video, currency and attribution model (rule 89): what those who took it bought, the most revenue first.
with

judged as (

    select
        *,
        is_withheld_of((workspace_id, video_id, currency, attribution_model), converting_viewers, path_key) as is_withheld
    from conversion.revenue_by_path

)

select
    workspace_id,
    video_id,
    path,
    currency,
    attribution_model,
    is_withheld,
    case when not is_withheld then revenue end as revenue,
    case when not is_withheld then conversions end as conversions
from judged
order by workspace_id, video_id, revenue desc nulls last, path_key, currency, attribution_model;
