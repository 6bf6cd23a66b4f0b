-- One row per view that visited a node: the way it took through the story (rule 55).
{{ config(materialized='view', meta={'published_by': 'started_date'}) }}

with

paths as (

    select * from {{ ref('int_view_paths') }}

),

views as (

    select * from {{ ref('int_views') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

final as (

    select
        ---------- ids
        views.view_id,
        views.workspace_id,
        views.video_id,
        {{ viewer_id('views', 'device_users') }} as viewer_id,

        ---------- timestamps
        views.started_date,
        views.view_started_at as started_at,

        ---------- path
        paths.path_key,
        paths.path,
        paths.visit_count,
        paths.node_count,
        paths.loop_count,
        paths.first_node_id,
        paths.last_node_id,
        case when paths.is_ending then paths.last_node_id end as ending_node_id,
        paths.left_by,
        paths.has_dead_end,

        ---------- watching
        views.is_played,
        views.is_completed,
        views.watch_seconds,
        paths.dwell_seconds

    from paths
    inner join views on paths.view_key = views.view_key and paths.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id

)

select * from final
