-- One row per video that the catalog knows or that anybody opened; authored facts are those of the catalog's newest version.
{{ config(materialized='table') }}

with

authored as (

    {{ newest_versions(
        ref('stg_catalog__videos'),
        ['workspace_id', 'video_id'],
        ['title', 'kind', 'start_node_id', 'cost', 'currency', 'published_at']
    ) }}

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
        authored.video_id is not null as is_in_catalog,
        observed.first_seen_at,
        observed.last_seen_at,
        coalesce(observed.view_count, 0) as view_count
    from keys
    left join authored on keys.workspace_id = authored.workspace_id and keys.video_id = authored.video_id
    left join observed on keys.workspace_id = observed.workspace_id and keys.video_id = observed.video_id

)

select * from final
