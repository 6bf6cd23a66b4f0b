-- One row per view that visited a node: its path as a whole (rule 54).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

visits as (

    select visits.* from {{ ref('int_node_visits') }} as visits
    {{ join_stale_scopes('visits', 'view_started_at') }}

),

coverage as (

    select coverage.* from {{ ref('int_view_node_coverage') }} as coverage
    {{ join_stale_scopes('coverage', 'view_started_at') }}
    {{ 'and' if is_incremental() else 'where' }} coverage.is_last

),

edge_versions as (

    select * from {{ ref('int_edge_versions') }}

),

-- the videos that have a graph in the catalog, and when
graphs as (

    select workspace_id, video_id, valid_from, valid_to
    from edge_versions
    group by workspace_id, video_id, valid_from, valid_to

),

paths as (

    select
        session_key,
        view_key,
        view_started_at,
        workspace_id,
        video_id,
        count(*) as visit_count,
        count(*) filter (where not is_loop) as node_count,
        count(*) filter (where is_loop) as loop_count,
        {{ ordered_texts('node_id', 'visit_number', ' > ') }} as whole_path,
        {{ ordered_texts(
            'case when visit_number <= ' ~ var('path_nodes_shown') ~ ' then node_id end', 'visit_number', ' > '
        ) }} as shown_path,
        max(case when visit_number = 1 then node_id end) as first_node_id,
        max(case when is_last then node_id end) as last_node_id,
        max(case when is_last then left_by end) as left_by,
        bool_or(is_dead_end) as has_dead_end,
        sum(dwell_seconds) as dwell_seconds
    from visits
    group by session_key, view_key, view_started_at, workspace_id, video_id

),

graphed_views as (

    select paths.view_key, paths.view_started_at
    from paths
    inner join graphs
        on
            paths.workspace_id = graphs.workspace_id
            and paths.video_id = graphs.video_id
            and paths.view_started_at >= graphs.valid_from
            and paths.view_started_at < graphs.valid_to
    group by paths.view_key, paths.view_started_at

),

final as (

    select
        paths.session_key,
        paths.view_key,
        paths.view_started_at,
        cast(paths.view_started_at as date) as started_date,
        md5(paths.whole_path) as path_key,
        case
            when paths.visit_count > {{ var('path_nodes_shown') }} then paths.shown_path || ' > …'
            else paths.shown_path
        end as path,
        paths.visit_count,
        paths.node_count,
        paths.loop_count,
        paths.first_node_id,
        paths.last_node_id,
        case
            when graphed_views.view_key is not null then edge_versions.from_node_id is null
            else coverage.has_ended or coverage.has_completion or paths.last_node_id = paths.video_id
        end as is_ending,
        paths.left_by,
        paths.has_dead_end,
        {{ rounded_seconds('paths.dwell_seconds') }} as dwell_seconds
    from paths
    inner join coverage on paths.view_key = coverage.view_key and paths.view_started_at = coverage.view_started_at
    left join graphed_views
        on paths.view_key = graphed_views.view_key and paths.view_started_at = graphed_views.view_started_at
    left join edge_versions
        on
            paths.workspace_id = edge_versions.workspace_id
            and paths.video_id = edge_versions.video_id
            and paths.last_node_id = edge_versions.from_node_id
            and paths.view_started_at >= edge_versions.valid_from
            and paths.view_started_at < edge_versions.valid_to

)

select * from final
