-- One row per video that the catalog knows, be it by a node of it, or that anybody opened; authored facts are those of the
-- catalog's newest version.
{{ config(materialized='table') }}

with

authored as (

    {{ newest_versions(
        ref('stg_catalog__videos'),
        ['workspace_id', 'video_id'],
        ['title', 'kind', 'start_node_id', 'cost', 'currency', 'published_at']
    ) }}

),

with_nodes as (

    select workspace_id, video_id from {{ ref('stg_catalog__nodes') }}
    group by workspace_id, video_id

),

observed as (

    select
        workspace_id,
        video_id,
        min(view_started_at) as first_seen_at,
        max(view_ended_at) as last_seen_at,
        count(*) as view_count
    from {{ ref('int_view_bounds') }}
    group by workspace_id, video_id

),

keys as (

    select workspace_id, video_id from authored
    union
    select workspace_id, video_id from with_nodes
    union
    select workspace_id, video_id from observed

),

final as (

    select
        keys.workspace_id,
        keys.video_id,
        authored.title,
        authored.kind,
        authored.start_node_id,
        authored.cost,
        authored.currency,
        authored.published_at,
        authored.video_id is not null or with_nodes.video_id is not null as is_in_catalog,
        observed.first_seen_at,
        observed.last_seen_at,
        coalesce(observed.view_count, 0) as view_count
    from keys
    left join authored on keys.workspace_id = authored.workspace_id and keys.video_id = authored.video_id
    left join with_nodes on keys.workspace_id = with_nodes.workspace_id and keys.video_id = with_nodes.video_id
    left join observed on keys.workspace_id = observed.workspace_id and keys.video_id = observed.video_id

)

select * from final
