-- tracker_health spreads what ingestion rejected over days and loses none of it.
with

quarantined as (

    select source, count(*) as rejected_count from {{ ref('rejected_event') }}
    where rejected_by = 'ingestion' and source <> 'catalog'
    group by source

),

counted as (

    select source, sum(rejected_by_ingestion_count) as rejected_count from {{ ref('tracker_health') }}
    group by source

)

select
    coalesce(quarantined.source, counted.source) as source,
    quarantined.rejected_count as quarantined_count,
    counted.rejected_count as counted_count
from quarantined
full outer join counted on quarantined.source = counted.source
where coalesce(quarantined.rejected_count, 0) <> coalesce(counted.rejected_count, 0)
