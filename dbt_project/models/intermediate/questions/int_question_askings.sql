-- One row per view (without one, session) and element that asked in it: how often it was shown, skipped and answered there.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'asked_at', 'scope_date': 'asked_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

actions as (

    select actions.* from {{ ref('int_actions') }} as actions
    {{ join_stale_scopes('actions', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} {{ question_step('actions.event_type', 'actions.element_type') }} is not null

),

steps as (

    select
        *,
        {{ question_step('event_type', 'element_type') }} as step,
        {{ said_kind('event_type') }} as said_kind,
        {{ typed_kind('element_type') }} as typed_kind
    from actions

),

keyed as (

    select
        *,
        case when view_key is null then session_started_at end as asking_session_started_at,
        {{ asking_key('steps') }} as asking_key,
        {{ asking_element_key('steps') }} as element_key
    from steps

),

final as (

    select
        asking_key,
        element_key,
        session_key,
        asking_session_started_at,
        view_key,
        view_started_at,
        workspace_id,
        video_id,
        element_id,
        said_kind,
        typed_kind,
        min(occurred_at) as asked_at,
        cast(min(occurred_at) as date) as asked_date,
        count(*) filter (where step = 'shown') as shown_count,
        count(*) filter (where step = 'skipped') as skip_count,
        count(*) filter (where step = 'answered') as answer_count
    from keyed
    group by
        asking_key, element_key, session_key, asking_session_started_at, view_key, view_started_at,
        workspace_id, video_id, element_id, said_kind, typed_kind

)

select * from final
