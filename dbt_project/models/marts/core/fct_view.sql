-- One row per view: one playback of one video, with its viewer.
{{ config(materialized='view', meta={'published_by': 'started_date'}) }}

with

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
        views.session_id,
        views.workspace_id,
        views.source,
        views.video_id,
        {{ viewer_id('views', 'device_users') }} as viewer_id,
        views.device_id,
        views.user_id,
        views.playback_id,

        ---------- timestamps
        views.view_started_at as started_at,
        views.view_ended_at as ended_at,
        views.started_date,
        views.first_played_at,

        ---------- context
        {% for column in context_columns() -%}
            views.{{ column }},
        {% endfor %}

        ---------- playing
        views.event_count,
        views.impression_count,
        views.is_impression_implied,
        views.is_played,
        views.pause_count,
        views.seek_count,
        views.interaction_count,
        views.node_count,
        views.segment_count,
        views.play_wall_seconds,

        ---------- watching
        views.coverage_source,
        views.watch_seconds,
        views.unique_watched_seconds,
        views.declared_excess_seconds,
        views.reported_watch_seconds,
        views.nodes_duration_seconds,
        views.percent_watched,

        ---------- reaching the end
        views.is_completed,
        views.is_completed_by_position,
        views.is_completed_by_coverage,
        views.is_completed_by_event,
        views.is_completed_by_emitter_threshold

    from views
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id

)

select * from final
