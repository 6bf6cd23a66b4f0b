-- One row per view: the context its earliest events state (rule 11), column by column.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

events as (

    select
        events.event_key,
        events.event_date,
        events.occurred_at,
        events.sequence_number,
        events.event_id,
        events.source,
        events.workspace_id,
        events.video_id,
        events.device_id,
        events.user_id,
        events.playback_id,
        {% for column in context_columns() -%}
            events.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('events') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}

),

sessionized as (

    select
        sessionized.event_key,
        sessionized.event_date,
        sessionized.session_key,
        sessionized.view_key,
        sessionized.view_started_at
    from {{ ref('int_events_sessionized') }} as sessionized
    {{ join_stale_scopes('sessionized', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} sessionized.view_key is not null

),

final as (

    select
        sessionized.session_key,
        sessionized.view_key,
        sessionized.view_started_at,
        cast(sessionized.view_started_at as date) as started_date,
        min(events.workspace_id) as workspace_id,
        min(events.source) as source,
        min(events.video_id) as video_id,
        max(events.device_id) as device_id,
        max(events.playback_id) as playback_id,
        {% for column in context_columns() -%}
            min_by(events.{{ column }}, {{ event_rank('events') }}) filter (where events.{{ column }} is not null) as {{ column }},
        {% endfor -%}
        min_by(events.user_id, {{ event_rank('events') }}) filter (where events.user_id is not null) as user_id
    from sessionized
    inner join events on sessionized.event_key = events.event_key and sessionized.event_date = events.event_date
    group by sessionized.session_key, sessionized.view_key, sessionized.view_started_at

)

select * from final
