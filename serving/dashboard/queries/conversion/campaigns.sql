-- One row per campaign, currency and attribution model (rules 76 and 77): what it earned and what it cost, the most revenue first.
with

judged as (

    select
        *,
        is_withheld_of((workspace_id, currency, attribution_model), converting_viewers, campaign_id) as is_withheld
    from conversion.roi_by_campaign

)

select
    judged.workspace_id,
    judged.campaign_id,
    coalesce(dim_campaign.name, judged.campaign_id) as name,
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
left join core.dim_campaign on judged.workspace_id = dim_campaign.workspace_id and judged.campaign_id = dim_campaign.campaign_id
order by judged.workspace_id, judged.currency nulls last, judged.attribution_model, revenue desc nulls last, judged.campaign_id;
