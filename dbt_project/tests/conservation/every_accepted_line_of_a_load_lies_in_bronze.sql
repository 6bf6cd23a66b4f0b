-- What the manifest of a load in force says was accepted is what lies in bronze and is staged, load by load and date by date.
with

accepted as (

    select source, load_id, event_date, row_count from {{ ref('current_loads') }}

),

stored as (

    select source, load_id, event_date, count(*) as row_count from {{ ref('events_staged') }}
    where part_number = 1
    group by source, load_id, event_date

),

by_load as (

    select source, load_id, sum(row_count) as row_count from accepted
    group by source, load_id

)

select
    coalesce(accepted.source, stored.source) as source,
    coalesce(accepted.load_id, stored.load_id) as load_id,
    coalesce(accepted.row_count, 0) as accepted_count,
    coalesce(stored.row_count, 0) as stored_count
from accepted
full outer join stored
    on accepted.source = stored.source and accepted.load_id = stored.load_id and accepted.event_date = stored.event_date
where coalesce(accepted.row_count, 0) <> coalesce(stored.row_count, 0)

union all

select
    by_load.source,
    by_load.load_id,
    loads.accepted_count,
    by_load.row_count as stored_count
from by_load
inner join {{ ref('stg_lake__loads') }} as loads on by_load.source = loads.source and by_load.load_id = loads.load_id
where loads.accepted_count <> by_load.row_count
