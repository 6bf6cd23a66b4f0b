-- Exposures are neither lost nor doubled where versions are put to names.
with

exposures as (

    select workspace_id, video_id, node_id, element_id, started_date, count(*) as exposed_views from {{ ref('int_exposures') }}
    {{ where_changed('started_date') }}
    group by workspace_id, video_id, node_id, element_id, started_date

),

performance as (

    select workspace_id, video_id, node_id, element_id, date_day, sum(exposed_views) as exposed_views from {{ ref('element_performance') }}
    {{ where_changed('date_day') }}
    group by workspace_id, video_id, node_id, element_id, date_day

)

select
    coalesce(exposures.element_id, performance.element_id) as element_id,
    coalesce(exposures.started_date, performance.date_day) as date_day
from exposures
full outer join performance
    on
        exposures.workspace_id = performance.workspace_id
        and exposures.video_id = performance.video_id
        and exposures.node_id = performance.node_id
        and exposures.element_id = performance.element_id
        and exposures.started_date = performance.date_day
where coalesce(exposures.exposed_views, 0) <> coalesce(performance.exposed_views, 0)
