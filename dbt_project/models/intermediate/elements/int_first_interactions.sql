-- One row per view with an interaction: when the first one was.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

events as (

    select events.* from {{ ref('int_events_sessionized') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} events.is_interaction and events.view_key is not null

),

final as (

    select
        session_key,
        view_key,
        view_started_at,
        cast(view_started_at as date) as started_date,
        min(occurred_at) as first_interacted_at
    from events
    group by session_key, view_key, view_started_at

)

select * from final
