-- The events of an emitter, workspace and date are the distinct names among its usable records, counted here by name and not by hash.
with

names as (

    select source, workspace_id, event_date, event_id from {{ ref('events_staged') }}
    where rejection_reason is null {{ and_changed('event_date', 'stale_event_dates') }}
    group by source, workspace_id, event_date, event_id

),

named as (

    select source, workspace_id, event_date, count(*) as name_count from names
    group by source, workspace_id, event_date

),

held as (

    select source, workspace_id, event_date, count(*) as event_count from {{ ref('events') }}
    {{ where_changed('event_date', 'stale_event_dates') }}
    group by source, workspace_id, event_date

)

select
    coalesce(named.source, held.source) as source,
    coalesce(named.workspace_id, held.workspace_id) as workspace_id,
    coalesce(named.event_date, held.event_date) as event_date,
    named.name_count,
    held.event_count
from named
full outer join held
    on named.source = held.source and named.workspace_id = held.workspace_id and named.event_date = held.event_date
where coalesce(named.name_count, 0) <> coalesce(held.event_count, 0)
