-- One row per element and version of a node (rule 30), with what may be added up over all dates: views and events, never viewers, who
-- are counted by day in element_days. Days on which fewer viewers than the threshold met the element are in no sum.
with

days as (

    select
        performance.*,
        performance.exposed_viewers < setting.minimum_viewers as is_withheld
    from interactivity.element_performance as performance
    cross join setting

),

totals as (

    select
        workspace_id,
        video_id,
        node_id,
        element_id,
        version_number,
        count(*) as day_count,
        count(*) filter (where is_withheld) as withheld_days,
        sum(exposed_views) filter (where not is_withheld)::bigint as exposed_views,
        sum(clicks) filter (where not is_withheld)::bigint as clicks,
        sum(clicking_views) filter (where not is_withheld)::bigint as clicking_views,
        sum(answering_views) filter (where not is_withheld)::bigint as answering_views,
        sum(skips) filter (where not is_withheld)::bigint as skips
    from days
    group by workspace_id, video_id, node_id, element_id, version_number

)

select
    elements.workspace_id,
    elements.video_id,
    elements.node_id,
    elements.element_id,
    elements.version_number,
    coalesce(elements.name, elements.element_id) as name,
    elements.element_type,
    elements.destination,
    elements.is_in_catalog,
    elements.is_current,
    elements.from_seconds,
    elements.to_seconds,
    elements.box_x,
    elements.box_y,
    elements.box_width,
    elements.box_height,
    case when elements.is_in_catalog and year(elements.valid_from) > 1 then elements.valid_from::date end as valid_from,
    case when elements.is_in_catalog and year(elements.valid_to) < 9999 then elements.valid_to::date end as valid_to,
    coalesce(totals.day_count, 0) as day_count,
    coalesce(totals.withheld_days, 0) as withheld_days,
    coalesce(totals.exposed_views, 0) as exposed_views,
    coalesce(totals.clicks, 0) as clicks,
    coalesce(totals.clicking_views, 0) as clicking_views,
    coalesce(totals.answering_views, 0) as answering_views,
    coalesce(totals.skips, 0) as skips
from core.dim_element as elements
left join totals
    on
        elements.workspace_id = totals.workspace_id
        and elements.video_id = totals.video_id
        and elements.node_id = totals.node_id
        and elements.element_id = totals.element_id
        and elements.version_number = totals.version_number
order by
    elements.workspace_id, elements.video_id, elements.node_id,
    elements.from_seconds nulls first, name, elements.element_id, elements.version_number;
