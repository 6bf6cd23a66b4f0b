-- One row per node that the catalog knows or that any view touched; authored facts are those of the catalog's newest version.
{{ config(materialized='table') }}

with

authored as (

    {{ newest_versions(ref('stg_catalog__nodes'), ['workspace_id', 'video_id', 'node_id'], ['title', 'duration_seconds']) }}

),

videos as (

    select * from {{ ref('dim_video') }}

),

edges as (

    {{ newest_snapshot(ref('stg_catalog__edges'), ['workspace_id', 'video_id', 'from_node_id'], ['as_of']) }}

),

graphs as (

    select workspace_id, video_id from edges
    group by workspace_id, video_id

),

levels as (

    select * from {{ ref('int_node_levels') }}

),

observed as (

    select
        bounds.workspace_id,
        bounds.video_id,
        nodes.node_id,
        count(*) as view_count,
        max(nodes.duration_seconds) as longest_duration_seconds
    from {{ ref('int_view_nodes') }} as nodes
    inner join {{ ref('int_view_bounds') }} as bounds
        on nodes.view_key = bounds.view_key and nodes.view_started_at = bounds.view_started_at
    group by bounds.workspace_id, bounds.video_id, nodes.node_id

),

keys as (

    select workspace_id, video_id, node_id from authored
    union
    select workspace_id, video_id, node_id from observed

),

final as (

    select
        keys.workspace_id,
        keys.video_id,
        keys.node_id,
        authored.title,
        authored.duration_seconds as catalog_duration_seconds,
        coalesce(authored.duration_seconds, observed.longest_duration_seconds) as duration_seconds,
        -- a linear video starts and ends in itself; without a graph the rest is unknown
        case
            when videos.start_node_id is not null then keys.node_id = videos.start_node_id
            when keys.node_id = keys.video_id then true
        end as is_start,
        case
            when graphs.video_id is not null then edges.from_node_id is null
            when keys.node_id = keys.video_id then true
        end as is_ending,
        case
            when levels.level is not null then levels.level
            when videos.start_node_id is null and keys.node_id = keys.video_id then 0
        end as level,
        authored.node_id is not null as is_in_catalog,
        coalesce(observed.view_count, 0) as view_count
    from keys
    left join authored
        on keys.workspace_id = authored.workspace_id and keys.video_id = authored.video_id and keys.node_id = authored.node_id
    left join observed
        on keys.workspace_id = observed.workspace_id and keys.video_id = observed.video_id and keys.node_id = observed.node_id
    left join videos on keys.workspace_id = videos.workspace_id and keys.video_id = videos.video_id
    left join graphs on keys.workspace_id = graphs.workspace_id and keys.video_id = graphs.video_id
    left join levels
        on keys.workspace_id = levels.workspace_id and keys.video_id = levels.video_id and keys.node_id = levels.node_id
    left join edges
        on keys.workspace_id = edges.workspace_id and keys.video_id = edges.video_id and keys.node_id = edges.from_node_id

)

select * from final
