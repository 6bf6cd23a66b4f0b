-- One row per view: the context its earliest events state (rule 11), column by column.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

sessionized as (

    select sessionized.* from {{ ref('int_events_sessionized') }} as sessionized
    {{ join_stale_scopes('sessionized', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} sessionized.view_key is not null

),

events as (

    select
        events.event_key,
        events.event_date,
        events.workspace_id,
        events.video_id,
        events.device_id,
        events.playback_id,
        {% for column in context_columns() -%}
            events.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('events') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}

),

users as (

    select
        view_key,
        view_started_at,
        min_by(user_id, {{ event_rank() }}) filter (where user_id is not null) as user_id
    from sessionized
    group by view_key, view_started_at

),

openings as (

    select
        view_key,
        view_started_at,
        bit_or(stated_context) as stated_context
    from sessionized
    where occurred_at = view_started_at
    group by view_key, view_started_at

),

-- Few events state what their view's first ones have not: only these, and the first ones, are looked up in the wide table.
telling as (

    select
        sessionized.*,
        row_number() over (
            partition by sessionized.view_key, sessionized.view_started_at order by {{ event_order('sessionized') }}
        ) as place
    from sessionized
    inner join openings
        on sessionized.view_key = openings.view_key and sessionized.view_started_at = openings.view_started_at
    where
        sessionized.occurred_at = sessionized.view_started_at
        or (sessionized.stated_context & ~openings.stated_context) <> 0

),

contexts as (

    select
        telling.session_key,
        telling.view_key,
        telling.view_started_at,
        min(events.workspace_id) as workspace_id,
        min(telling.source) as source,
        min(events.video_id) as video_id,
        max(events.device_id) as device_id,
        max(events.playback_id) as playback_id,
        {% for column in context_columns() -%}
            min_by(events.{{ column }}, telling.place)
                filter (where events.{{ column }} is not null) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from telling
    inner join events on telling.event_key = events.event_key and telling.event_date = events.event_date
    group by telling.session_key, telling.view_key, telling.view_started_at

),

final as (

    select
        contexts.*,
        cast(contexts.view_started_at as date) as started_date,
        users.user_id
    from contexts
    inner join users on contexts.view_key = users.view_key and contexts.view_started_at = users.view_started_at

)

select * from final
