-- One row per slice of a workspace with a view in the days shown, beside videos and the workspace itself.
select
    days.workspace_id,
    days.slice_kind,
    days.slice_value,
    coalesce(dim_campaign.name, days.slice_value) as label
from viewer_slice_day as days
left join core.dim_campaign
    on days.slice_kind = 'campaign' and days.workspace_id = dim_campaign.workspace_id and days.slice_value = dim_campaign.campaign_id
where days.slice_kind not in ('workspace', 'video')
group by all
order by days.workspace_id, days.slice_kind, label, days.slice_value;
