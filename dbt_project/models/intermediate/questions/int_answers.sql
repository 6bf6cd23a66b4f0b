-- One row per answer to a question, poll or survey, as its event gives it; what the catalog and the viewer add comes later, so that an
-- edit of the answer key needs no event again.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'occurred_at', 'scope_date': 'occurred_date'},
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

numbered as (

    select
        *,
        count(case when step = 'answered' then 1 end) over (
            partition by session_key, view_key, view_started_at, video_id, element_id
            order by {{ event_order() }}
            rows between unbounded preceding and 1 preceding
        ) as answers_before
    from steps

),

-- the last time it was shown since the answer before
shown as (

    select
        *,
        max(case when step = 'shown' then occurred_at end) over (
            partition by session_key, view_key, view_started_at, video_id, element_id, answers_before
        ) as shown_at
    from numbered

),

final as (

    select
        ---------- keys
        session_key,
        session_started_at,
        view_key,
        view_started_at,
        action_id as answer_id,
        {{ asking_key('shown') }} as asking_key,
        {{ asking_element_key('shown') }} as element_key,

        ---------- order (rule 7)
        occurred_at,
        sequence_number,
        event_id,
        source,
        event_date,

        ---------- when and where
        workspace_id,
        occurred_date,
        video_id,
        node_id,
        position_seconds,

        ---------- what
        event_type,
        element_id,
        element_type,
        said_kind,
        typed_kind,
        response,
        is_correct,
        score,
        max_score,
        case
            when view_key is not null and element_id is not null
                then {{ rounded_seconds(seconds_between('shown_at', 'occurred_at')) }}
        end as seconds_to_answer

    from shown
    where step = 'answered'

)

select * from final
