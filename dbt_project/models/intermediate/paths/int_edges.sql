-- One row per edge between two nodes of a video's graph, however many elements lead along it, as the newest snapshot that names it says.
{{ config(materialized='table') }}
with

edges as (

    select * from {{ ref('stg_catalog__edges') }}
    where to_node_id is not null

),

newest_snapshots as (

    select
        workspace_id,
        max(as_of) as as_of
    from {{ ref('stg_catalog__edges') }}
    group by workspace_id

),

last_named as (

    select
        *,
        max(as_of) over (partition by workspace_id, video_id, from_node_id, to_node_id) as last_named_at
    from edges

),

final as (

    select
        last_named.workspace_id,
        last_named.video_id,
        last_named.from_node_id,
        last_named.to_node_id,
        bool_or(last_named.is_default) as is_default,
        max(last_named.as_of) = max(newest_snapshots.as_of) and max(last_named.emptied_at) is null as is_in_force
    from last_named
    inner join newest_snapshots on last_named.workspace_id = newest_snapshots.workspace_id
    where last_named.as_of = last_named.last_named_at
    group by last_named.workspace_id, last_named.video_id, last_named.from_node_id, last_named.to_node_id

)

select * from final
