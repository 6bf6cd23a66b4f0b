-- One row per element of a video, currency and attribution model (rule 78): what was bought after it was used, the most revenue first.
with

named as (

    select
        workspace_id,
        video_id,
        node_id,
        element_id,
        max_by(name, version_number) as name
    from core.dim_element
    group by workspace_id, video_id, node_id, element_id

),

judged as (

    select
        *,
        is_withheld_of((workspace_id, video_id, currency, attribution_model), converting_viewers, node_id || ' ' || element_id)
            as is_withheld
    from conversion.revenue_by_element

)

select
    judged.workspace_id,
    judged.video_id,
    judged.node_id,
    coalesce(named.name, judged.element_id) as name,
    judged.currency,
    judged.attribution_model,
    judged.is_withheld,
    case when not judged.is_withheld then judged.revenue end as revenue,
    case when not judged.is_withheld then judged.conversions end as conversions
from judged
left join named
    on judged.workspace_id = named.workspace_id and judged.video_id = named.video_id
        and judged.node_id = named.node_id and judged.element_id = named.element_id
order by judged.workspace_id, judged.video_id, revenue desc nulls last, judged.node_id, judged.element_id, judged.currency, attribution_model;
