-- One row per action: an event around an element, the picture, a page or a goal, with everything it says. Interactions (rule 22) are
-- the ones a person made on the video.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'occurred_at', 'scope_date': 'occurred_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

sessionized as (

    select sessionized.* from {{ ref('int_events_sessionized') }} as sessionized
    {{ join_stale_scopes('sessionized', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} sessionized.is_action

),

vocabulary as (

    select event_type from {{ ref('event_types') }}
    where is_action

),

events as (

    select events.* from {{ ref('events') }} as events
    inner join vocabulary on events.event_type = vocabulary.event_type
    {{ join_stale_scopes('events', 'occurred_at') }}

),

final as (

    select
        ---------- keys
        events.session_key,
        sessionized.session_started_at,
        sessionized.view_key,
        sessionized.view_started_at,
        {{ public_key(['events.workspace_id', 'events.source', 'events.event_date', 'events.event_id']) }} as action_id,

        ---------- order (rule 7)
        events.occurred_at,
        events.sequence_number,
        events.event_id,
        events.source,
        events.event_date,

        ---------- who, when, where
        events.workspace_id,
        events.device_id,
        events.user_id,
        events.playback_id,
        events.occurred_date,
        events.video_id,
        events.node_id,
        events.position_seconds,

        ---------- what
        events.event_type,
        sessionized.is_interaction,
        events.element_id,
        events.element_type,
        events.to_node_id,
        events.destination_url,
        events.response,
        events.is_correct,
        events.score,
        events.max_score,
        events.x,
        events.y,
        events.value,
        events.currency,
        events.properties

    from events
    inner join sessionized on events.event_key = sessionized.event_key and events.event_date = sessionized.event_date

)

select * from final
