-- One row per view and node it touched: what the events say of the node, before any watching is measured.
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

),

actions as (

    select
        actions.view_key,
        actions.view_started_at,
        actions.workspace_id,
        actions.video_id,
        actions.node_id,
        actions.event_type,
        actions.element_id,
        actions.to_node_id,
        actions.position_seconds
    from {{ ref('int_actions') }} as actions
    {{ join_stale_scopes('actions', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }}
    actions.view_key is not null
    and actions.position_seconds is not null
    and (actions.event_type = 'branch_choice' or (actions.is_interaction and actions.event_type <> 'chapter_select'))

),

element_versions as (

    select * from {{ ref('int_element_versions') }}

),

node_versions as (

    select * from {{ ref('int_node_versions') }}

),

view_bounds as (

    select * from {{ ref('int_view_bounds') }}

),

touched as (

    select
        session_key,
        view_key,
        view_started_at,
        node_id,
        bool_or(is_evidence) as is_visited,
        max(duration_seconds) as reported_duration_seconds,
        max(case when is_evidence then greatest(
            coalesce(case when event_type = 'seek' then position_to_seconds else position_seconds end, 0),
            coalesce(case when event_type = 'seek' then position_from_seconds end, 0)
        ) end) as furthest_evidence_seconds,
        bool_or(event_type = 'ended') as has_ended,
        coalesce(bool_or(is_completion), false) as has_completion,
        max({{ event_rank() }}) filter (where is_evidence) as last_evidence
    from events
    where view_key is not null
    group by session_key, view_key, view_started_at, node_id

),

-- whatever a player calls it, what leads to another node of the way leaves this one; a chapter is a jump, and what it skips is asked for
choices as (

    select
        actions.view_key,
        actions.view_started_at,
        actions.node_id,
        max(actions.position_seconds) as choice_seconds
    from actions
    left join element_versions
        on
            actions.workspace_id = element_versions.workspace_id
            and actions.video_id = element_versions.video_id
            and actions.node_id = element_versions.node_id
            and actions.element_id = element_versions.element_id
            and actions.view_started_at >= element_versions.valid_from
            and actions.view_started_at < element_versions.valid_to
    left join touched as targets
        on
            actions.view_key = targets.view_key
            and actions.view_started_at = targets.view_started_at
            and coalesce(actions.to_node_id, element_versions.to_node_id) = targets.node_id
            and actions.node_id <> targets.node_id
            and targets.is_visited
    where actions.event_type = 'branch_choice' or targets.node_id is not null
    group by actions.view_key, actions.view_started_at, actions.node_id

),

final as (

    select
        touched.session_key,
        touched.view_key,
        touched.view_started_at,
        cast(touched.view_started_at as date) as started_date,
        touched.node_id,
        touched.is_visited,
        node_versions.duration_seconds as catalog_duration_seconds,
        coalesce(node_versions.duration_seconds, touched.reported_duration_seconds) as duration_seconds,
        choices.choice_seconds,
        touched.furthest_evidence_seconds,
        touched.has_ended,
        touched.has_completion,
        touched.is_visited and row_number() over (
            partition by touched.view_key, touched.view_started_at
            order by touched.last_evidence desc nulls last, touched.node_id asc
        ) = 1 as is_last
    from touched
    inner join view_bounds
        on touched.view_key = view_bounds.view_key and touched.view_started_at = view_bounds.view_started_at
    left join choices
        on
            touched.view_key = choices.view_key
            and touched.view_started_at = choices.view_started_at
            and touched.node_id = choices.node_id
    left join node_versions
        on
            view_bounds.workspace_id = node_versions.workspace_id
            and view_bounds.video_id = node_versions.video_id
            and touched.node_id = node_versions.node_id
            and touched.view_started_at >= node_versions.valid_from
            and touched.view_started_at < node_versions.valid_to

)

select * from final
