-- One row per interaction: who did what, when, at which second.
{{ config(materialized='view', meta={'published_by': 'occurred_date'}) }}

with

interactions as (

    select * from {{ ref('int_actions') }}
    where is_interaction

),

views as (

    select * from {{ ref('int_views') }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

-- the viewer is that of the view, or of the session where there is no view
owners as (

    select
        interactions.action_id,
        views.view_id,
        sessions.session_id,
        case when views.view_key is not null then views.user_id else sessions.user_id end as user_id,
        sessions.workspace_id,
        sessions.device_id,
        sessions.playback_id
    from interactions
    inner join sessions
        on interactions.session_key = sessions.session_key and interactions.session_started_at = sessions.session_started_at
    left join views on interactions.view_key = views.view_key and interactions.view_started_at = views.view_started_at

),

final as (

    select
        ---------- ids
        interactions.action_id as interaction_id,
        owners.view_id,
        owners.session_id,
        interactions.workspace_id,
        interactions.source,
        {{ viewer_id('owners', 'device_users') }} as viewer_id,

        ---------- when and where
        interactions.occurred_at,
        interactions.occurred_date,
        interactions.video_id,
        interactions.node_id,
        interactions.position_seconds,

        ---------- what
        interactions.event_type as interaction_type,
        interactions.element_id,
        interactions.element_type,
        interactions.to_node_id,
        interactions.destination_url,
        interactions.response,
        interactions.is_correct,
        interactions.score,
        interactions.max_score,
        interactions.x,
        interactions.y,
        interactions.value,
        interactions.currency,
        interactions.properties

    from interactions
    inner join owners on interactions.action_id = owners.action_id
    left join device_users on owners.workspace_id = device_users.workspace_id and owners.device_id = device_users.device_id

)

select * from final
