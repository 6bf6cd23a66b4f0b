-- One row per element, version and shown day (rule 32), with the day's own distinct viewers.
with

judged as (

    select
        performance.*,
        performance.exposed_viewers < setting.minimum_viewers as is_withheld
    from interactivity.element_performance as performance
    cross join setting
    inner join shown_days
        on performance.workspace_id = shown_days.workspace_id and performance.date_day >= shown_days.first_date

)

select
    workspace_id,
    video_id,
    node_id,
    element_id,
    version_number,
    date_day,
    is_withheld,
    case when not is_withheld then exposed_views end as exposed_views,
    case when not is_withheld then exposed_viewers end as exposed_viewers,
    case when not is_withheld then clicks end as clicks,
    case when not is_withheld then clicking_views end as clicking_views,
    case when not is_withheld then clicking_viewers end as clicking_viewers,
    case when not is_withheld then answering_viewers end as answering_viewers,
    case when not is_withheld then skips end as skips
from judged
order by workspace_id, video_id, node_id, element_id, version_number, date_day;
