-- One row per node that can be reached from its video's start node over the edges in force: the fewest edges on the way (rule 57).
{{ config(materialized='table') }}
-- A step of the search is one row per video with the nodes found so far, so that a loop finds nothing new and the search ends; rows
-- per node would walk every way through the graph, and neither engine lets a recursive step aggregate them.
with recursive

videos as (

    {{ newest_versions(ref('stg_catalog__videos'), ['workspace_id', 'video_id'], ['start_node_id']) }}

),

edges as (

    select * from {{ ref('int_edges') }}
    where is_in_force

),

graphs as (

    select
        workspace_id,
        video_id,
        {{ node_pairs('from_node_id', 'to_node_id') }} as edges
    from edges
    group by workspace_id, video_id

),

starts as (

    select
        videos.workspace_id,
        videos.video_id,
        graphs.edges,
        {{ node_list('videos.start_node_id') }} as nodes
    from videos
    left join graphs on videos.workspace_id = graphs.workspace_id and videos.video_id = graphs.video_id
    where videos.start_node_id is not null

),

search as (

    select
        workspace_id,
        video_id,
        edges,
        nodes as found_nodes,
        nodes as new_nodes,
        cast(0 as bigint) as level
    from starts

    union all

    select
        workspace_id,
        video_id,
        edges,
        {{ joined_node_lists('found_nodes', nodes_behind('edges', 'new_nodes', 'found_nodes')) }} as found_nodes,
        {{ nodes_behind('edges', 'new_nodes', 'found_nodes') }} as new_nodes,
        level + 1 as level
    from search
    where level < {{ var('deepest_node_level') }} and {{ has_nodes(nodes_behind('edges', 'new_nodes', 'found_nodes')) }}

),

final as (

    {{ unnest_nodes('search', ['workspace_id', 'video_id', 'level'], 'new_nodes', 'node_id') }}

)

select * from final
