-- One row per event but the player's own reports (heartbeats, buffering), with what followed it in its session: what funnels and
-- experiments look at, without what only playback needs (a third of a simulated audience's events, more of those with frequent heartbeats).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'occurred_at', 'scope_date': 'occurred_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
{% set order_columns = ['occurred_at', 'sequence_number', 'event_id', 'source', 'event_date'] %}
{% set shared_columns = ['session_key', 'session_started_at', 'view_key', 'view_started_at'] + order_columns
    + ['occurred_date', 'event_type', 'video_id', 'node_id'] %}
with

events as (

    select events.* from {{ ref('int_events_sessionized') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} not events.is_action
    and events.event_type not in ('heartbeat', 'buffer_start', 'buffer_end')

),

actions as (

    select actions.* from {{ ref('int_actions') }} as actions
    {{ join_stale_scopes('actions', 'occurred_at') }}

),

milestones as (

    select
        {{ shared_columns | join(', ') }},
        cast(null as {{ string_type() }}) as element_id,
        false as is_interaction,
        false as is_outbound
    from events
    union all
    select
        {{ shared_columns | join(', ') }},
        element_id,
        is_interaction,
        is_interaction and {{ leads_outside() }} as is_outbound
    from actions

),

final as (

    select
        *,
        lead(event_type) over (partition by session_key, session_started_at order by {{ event_order() }}) as next_event_type
    from milestones

)

select * from final
