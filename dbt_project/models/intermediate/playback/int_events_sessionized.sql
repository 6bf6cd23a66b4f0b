-- One row per event, narrow, with the session and the view it belongs to.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'occurred_at', 'scope_date': 'occurred_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

events as (

    select events.* from {{ ref('events') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}

),

session_bounds as (

    select * from {{ ref('int_session_bounds') }}

),

view_bounds as (

    select * from {{ ref('int_view_bounds') }}

),

vocabulary as (

    select * from {{ ref('event_types') }}

),

in_sessions as (

    select
        events.*,
        session_bounds.session_started_at,
        vocabulary.is_play,
        vocabulary.is_playback_evidence,
        vocabulary.playing_after,
        vocabulary.closes_segment,
        vocabulary.is_action,
        vocabulary.is_interaction or (events.event_type = 'branch_choice' and events.element_id is not null) as is_interaction,
        case
            when events.video_id is not null and vocabulary.is_view_event
                then {{ view_key('events', 'session_bounds') }}
        end as view_key
    from events
    inner join vocabulary on events.event_type = vocabulary.event_type
    inner join session_bounds
        on
            events.session_key = session_bounds.session_key
            and events.occurred_at between session_bounds.session_started_at and session_bounds.session_ended_at

),

final as (

    select
        ---------- keys
        events.session_key,
        events.session_started_at,
        events.view_key,
        view_bounds.view_started_at,
        events.event_key,
        events.event_date,
        events.occurred_date,

        ---------- order (rule 7)
        events.occurred_at,
        events.sequence_number,
        events.event_id,
        events.source,

        ---------- what happened
        events.event_type,
        events.video_id,
        events.node_id,
        events.position_seconds,
        events.position_from_seconds,
        events.position_to_seconds,
        events.playback_rate,
        events.duration_seconds,
        events.played_ranges,
        events.is_completion,
        events.completion_threshold,
        events.reported_watch_seconds,
        events.user_id,
        events.consent_marketing,

        ---------- what it means
        {% for column in context_columns() -%}
            {{ '+ ' if not loop.first }}case when events.{{ column }} is null then 0 else {{ 2 ** loop.index0 }} end
        {% endfor -%}
        as stated_context,
        events.is_play,
        events.is_playback_evidence or (events.view_key is not null and events.position_seconds is not null) as is_evidence,
        events.playing_after,
        events.closes_segment,
        events.is_action,
        events.is_interaction,
        events.is_interaction
        and {{ leads_outside('events.event_type', 'events.destination_url') }} as is_outbound
    from in_sessions as events
    left join view_bounds
        on
            events.view_key = view_bounds.view_key
            and events.occurred_at between view_bounds.view_started_at and view_bounds.view_ended_at

)

select * from final
