-- One row per load: a landed file as ingestion took it in.
{{ config(materialized='table') }}

with

loads as (

    select * from {{ ref('stg_lake__loads') }}

),

final as (

    select
        source,
        load_id,
        content_id,
        entity,
        path,
        status,
        superseded_by,
        shape_version,
        loaded_at,
        byte_count,
        line_count,
        accepted_count,
        rejected_count,
        blank_count,
        erased_count
    from loads

)

select * from final
