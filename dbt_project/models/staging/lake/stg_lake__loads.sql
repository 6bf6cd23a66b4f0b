-- One row per load that ingestion committed, superseded ones included.
with

manifests as (

    select * from {{ source('bronze', 'manifests') }}

),

final as (

    select
        load_id,
        content_id,
        source,
        entity,
        shape_version,
        path,
        status,
        superseded_by,
        as_of,
        loaded_at,
        bytes as byte_count,
        lines as line_count,
        accepted as accepted_count,
        rejected as rejected_count,
        blank as blank_count,
        erased as erased_count
    from manifests
    where load_id is not null

)

select * from final
