-- One row per visit of a view to a node: how it was entered and left, and how long it lasted (rules 50 to 53).
{{ config(materialized='view', meta={'published_by': 'started_date'}) }}

with

visits as (

    select * from {{ ref('int_node_visits') }}

),

views as (

    select * from {{ ref('int_views') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

edges as (

    select * from {{ ref('int_edges') }}

),

graphs as (

    select workspace_id, video_id from edges
    group by workspace_id, video_id

),

final as (

    select
        ---------- ids
        {{ public_key(['views.view_id', 'visits.visit_number']) }} as visit_id,
        views.view_id,
        visits.workspace_id,
        visits.video_id,
        visits.node_id,
        {{ viewer_id('views', 'device_users') }} as viewer_id,

        ---------- place in the path
        visits.visit_number,
        visits.previous_node_id,
        visits.next_node_id,
        visits.is_loop,
        visits.is_last,

        ---------- timestamps
        visits.started_date,
        visits.entered_at,
        visits.left_at,

        ---------- coming and going
        coalesce(visits.entered_by, {{ entered_by_edge('edges', 'graphs') }}) as entered_by,
        visits.entered_by_element_id,
        visits.left_by,
        visits.is_dead_end,

        ---------- watching
        visits.is_played,
        visits.has_ended,
        visits.dwell_seconds,
        visits.watched_seconds,
        visits.furthest_seconds

    from visits
    inner join views on visits.view_key = views.view_key and visits.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id
    left join graphs on visits.workspace_id = graphs.workspace_id and visits.video_id = graphs.video_id
    left join edges
        on
            visits.workspace_id = edges.workspace_id
            and visits.video_id = edges.video_id
            and visits.previous_node_id = edges.from_node_id
            and visits.node_id = edges.to_node_id

)

select * from final
