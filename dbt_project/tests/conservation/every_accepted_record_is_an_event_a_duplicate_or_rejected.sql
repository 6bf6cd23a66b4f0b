-- By emitter and date, what ingestion accepted is what tracker_health accounts for, and what it accounts for is what lies in the tables.
with

accepted as (

    select source, event_date, sum(row_count) as accepted_count from {{ ref('current_loads') }}
    group by source, event_date

),

held as (

    select source, event_date, count(*) as event_count from {{ ref('events') }}
    group by source, event_date

),

rejected as (

    select source, event_date, count(*) as rejected_count from {{ ref('rejected_event') }}
    where rejected_by = 'models'
    group by source, event_date

)

select
    health.source,
    health.event_date,
    health.accepted_count,
    accepted.accepted_count as accepted_by_ingestion_count,
    held.event_count,
    rejected.rejected_count
from {{ ref('tracker_health') }} as health
full outer join accepted on health.source = accepted.source and health.event_date = accepted.event_date
left join held on health.source = held.source and health.event_date = held.event_date
left join rejected on health.source = rejected.source and health.event_date = rejected.event_date
where
    coalesce(health.accepted_count, 0) <> coalesce(accepted.accepted_count, 0)
    or health.event_count <> coalesce(held.event_count, 0)
    or health.rejected_by_models_count <> coalesce(rejected.rejected_count, 0)
