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
owned as (

    select
        interactions.action_id as interaction_id,
        views.view_id,
        sessions.session_id,
        sessions.workspace_id,
        interactions.source,
        case when views.view_key is not null then views.user_id else sessions.user_id end as user_id,
        sessions.device_id,
        sessions.playback_id,
        interactions.occurred_at,
        interactions.occurred_date,
        interactions.video_id,
        interactions.node_id,
        interactions.position_seconds,
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
    inner join sessions
        on interactions.session_key = sessions.session_key and interactions.session_started_at = sessions.session_started_at
    left join views on interactions.view_key = views.view_key and interactions.view_started_at = views.view_started_at

),

final as (

    select
        ---------- ids
        owned.interaction_id,
        owned.view_id,
        owned.session_id,
        owned.workspace_id,
        owned.source,
        {{ viewer_id('owned', 'device_users') }} as viewer_id,

        ---------- when and where
        owned.occurred_at,
        owned.occurred_date,
        owned.video_id,
        owned.node_id,
        owned.position_seconds,

        ---------- what
        owned.interaction_type,
        owned.element_id,
        owned.element_type,
        owned.to_node_id,
        owned.destination_url,
        owned.response,
        owned.is_correct,
        owned.score,
        owned.max_score,
        owned.x,
        owned.y,
        owned.value,
        owned.currency,
        owned.properties

    from owned
    left join device_users on owned.workspace_id = device_users.workspace_id and owned.device_id = device_users.device_id

)

select * from final
