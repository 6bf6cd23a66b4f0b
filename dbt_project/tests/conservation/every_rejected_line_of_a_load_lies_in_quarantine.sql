-- What the manifest of a load in force says was rejected is what lies in quarantine.
with

quarantined as (

    select source, load_id, count(*) as row_count from {{ ref('stg_lake__quarantined_records') }}
    group by source, load_id

)

select
    loads.source,
    loads.load_id,
    loads.rejected_count,
    coalesce(quarantined.row_count, 0) as quarantined_count
from {{ ref('stg_lake__loads') }} as loads
left join quarantined on loads.source = quarantined.source and loads.load_id = quarantined.load_id
where loads.status = 'loaded' and loads.rejected_count <> coalesce(quarantined.row_count, 0)
