-- One row per visit of a view to a node, in the order in which it went through them (rules 50 to 53).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
{% set view = 'view_key, view_started_at' %}
{# what is kept of the event a visit begins with: its type, and with occurred_at its place in the order #}
{% set entry = ['event_type', 'sequence_number', 'event_id', 'source', 'event_date'] %}
with

evidence as (

    select
        events.session_key,
        events.view_key,
        events.view_started_at,
        events.occurred_at,
        events.sequence_number,
        events.event_id,
        events.source,
        events.event_date,
        events.node_id,
        events.event_type,
        events.is_play,
        events.playing_after,
        greatest(
            coalesce(case when events.event_type = 'seek' then events.position_to_seconds else events.position_seconds end, 0),
            coalesce(case when events.event_type = 'seek' then events.position_from_seconds end, 0)
        ) as furthest_seconds
    from {{ ref('int_events_sessionized') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} events.is_evidence and events.view_key is not null

),

actions as (

    select
        actions.view_key,
        actions.view_started_at,
        actions.occurred_at,
        actions.sequence_number,
        actions.event_id,
        actions.source,
        actions.event_date,
        actions.workspace_id,
        actions.video_id,
        actions.node_id,
        actions.event_type,
        actions.element_id,
        actions.to_node_id
    from {{ ref('int_actions') }} as actions
    {{ join_stale_scopes('actions', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }}
    actions.view_key is not null
    and (actions.is_interaction or actions.event_type = 'branch_choice')

),

element_versions as (

    select * from {{ ref('int_element_versions') }}

),

edge_versions as (

    select * from {{ ref('int_edge_versions') }}

),

view_bounds as (

    select * from {{ ref('int_view_bounds') }}

),

segments as (

    select segments.* from {{ ref('int_derived_segments') }} as segments
    {{ join_stale_scopes('segments', 'view_started_at') }}

),

neighbours as (

    select
        *,
        case
            when
                lag(node_id) over (partition by {{ view }} order by {{ event_order() }}) = node_id
                and event_type <> 'node_enter'
                then 0
            else 1
        end as may_enter,
        lead(occurred_at) over (partition by {{ view }} order by {{ event_order() }}) as next_at,
        row_number() over (partition by {{ view }} order by {{ event_order() }}) as event_number
    from evidence

),

numbered as (

    select
        *,
        sum(may_enter) over (
            partition by {{ view }}
            order by event_number
            rows between unbounded preceding and current row
        ) as stretch_number
    from neighbours

),

-- what lies between two moments at which a visit may begin: another node, or a node_enter
stretches as (

    select
        session_key,
        view_key,
        view_started_at,
        stretch_number,
        node_id,
        min(occurred_at) as occurred_at,
        {% for column in entry -%}
            max(case when may_enter = 1 then {{ column }} end) as {{ column }},
        {% endfor -%}
        max(occurred_at) as last_event_at,
        max(furthest_seconds) as furthest_seconds,
        max(case when event_type = 'ended' then event_number end) as last_ended,
        max(case when is_play then event_number end) as last_play,
        max(case when playing_after then event_number end) as last_playing,
        max(case when not playing_after then event_number end) as last_stopped,
        -- what a stretch begins with is its door: a seek into a node, or a play where it was left, has shown nothing of it yet
        coalesce(bool_or(
            may_enter = 0
            and (event_type = 'ended' or {{ rounded_seconds('furthest_seconds') }} > {{ var('segment_tolerance_seconds') }})
        ), false) as has_progress,
        sum(case
            when
                {{ epoch_microseconds('next_at') }} - {{ epoch_microseconds('occurred_at') }}
                <= {{ var('session_gap_minutes') }} * 60000000
                then {{ epoch_microseconds('next_at') }} - {{ epoch_microseconds('occurred_at') }}
        end) as dwell_microseconds
    from numbered
    group by session_key, view_key, view_started_at, stretch_number, node_id

),

entered as (

    select
        *,
        case
            when
                lag(node_id) over (partition by {{ view }} order by stretch_number) = node_id
                and not lag(has_progress) over (partition by {{ view }} order by stretch_number)
                then 0
            else 1
        end as is_entry
    from stretches

),

assigned as (

    select
        *,
        sum(is_entry) over (
            partition by {{ view }}
            order by stretch_number
            rows between unbounded preceding and current row
        ) as visit_number
    from entered

),

visits as (

    select
        session_key,
        view_key,
        view_started_at,
        visit_number,
        node_id,
        min(occurred_at) as occurred_at,
        {% for column in entry -%}
            max(case when is_entry = 1 then {{ column }} end) as {{ column }},
        {% endfor -%}
        max(last_event_at) as last_event_at,
        max(furthest_seconds) as furthest_seconds,
        max(last_ended) as last_ended,
        max(last_play) as last_play,
        max(last_playing) as last_playing,
        max(last_stopped) as last_stopped,
        sum(dwell_microseconds) as dwell_microseconds
    from assigned
    group by session_key, view_key, view_started_at, visit_number, node_id

),

ranked as (

    select
        *,
        {{ event_rank() }} as entry_rank,
        max(last_playing) over (partition by {{ view }}) as view_last_playing,
        max(last_stopped) over (partition by {{ view }}) as view_last_stopped,
        lead(occurred_at) over (partition by {{ view }}, node_id order by visit_number) as next_entered_here_at
    from visits

),

ordered as (

    select
        *,
        lag(node_id) over (partition by {{ view }} order by visit_number) as previous_node_id,
        lead(node_id) over (partition by {{ view }} order by visit_number) as next_node_id,
        lag(entry_rank) over (partition by {{ view }} order by visit_number) as previous_entry_rank,
        lead(entry_rank) over (partition by {{ view }} order by visit_number) as next_entry_rank,
        lead(occurred_at) over (partition by {{ view }} order by visit_number) as next_entered_at,
        row_number() over (partition by {{ view }}, node_id order by visit_number) as visit_of_node_number
    from ranked

),

leads as (

    select
        actions.view_key,
        actions.view_started_at,
        actions.node_id,
        actions.element_id,
        coalesce(actions.to_node_id, element_versions.to_node_id) as to_node_id,
        case
            when actions.event_type = 'chapter_select' then 'jump'
            when actions.element_id is null and actions.event_type = 'branch_choice' then 'default'
            else 'chosen'
        end as entered_by,
        {{ event_rank('actions') }} as lead_rank
    from actions
    left join element_versions
        on
            actions.workspace_id = element_versions.workspace_id
            and actions.video_id = element_versions.video_id
            and actions.node_id = element_versions.node_id
            and actions.element_id = element_versions.element_id
            and actions.view_started_at >= element_versions.valid_from
            and actions.view_started_at < element_versions.valid_to
    where
        actions.to_node_id is not null
        or element_versions.to_node_id is not null
        or actions.event_type = 'chapter_select'

),

explanations as (

    select
        visits.view_key,
        visits.view_started_at,
        visits.visit_number,
        leads.entered_by,
        leads.element_id,
        row_number() over (
            partition by visits.view_key, visits.view_started_at, visits.visit_number
            order by
                case when leads.lead_rank <= visits.entry_rank then 0 else 1 end,
                case when leads.lead_rank <= visits.entry_rank then leads.lead_rank end desc,
                leads.lead_rank
        ) as preference
    from ordered as visits
    inner join leads
        on
            visits.view_key = leads.view_key
            and visits.view_started_at = leads.view_started_at
            and (visits.node_id = leads.to_node_id or leads.to_node_id is null)
    where
        leads.lead_rank >= visits.previous_entry_rank
        and (
            leads.lead_rank <= visits.entry_rank
            or (leads.node_id <> visits.node_id and (visits.next_entry_rank is null or leads.lead_rank < visits.next_entry_rank))
        )

),

explained as (

    select * from explanations
    where preference = 1

),

watched as (

    select
        visits.view_key,
        visits.view_started_at,
        visits.visit_number,
        sum(segments.to_seconds - segments.from_seconds) as watched_seconds,
        max(segments.to_seconds) as furthest_seconds,
        cast(ceil(max_by(segments.to_seconds, segments.segment_number)) as bigint) - 1 as last_second
    from ordered as visits
    inner join segments
        on
            visits.view_key = segments.view_key
            and visits.view_started_at = segments.view_started_at
            and visits.node_id = segments.node_id
    where
        segments.started_at >= visits.occurred_at
        and (visits.next_entered_here_at is null or segments.started_at < visits.next_entered_here_at)
    group by visits.view_key, visits.view_started_at, visits.visit_number

),

final as (

    select
        ---------- keys
        visits.session_key,
        visits.view_key,
        visits.view_started_at,
        cast(visits.view_started_at as date) as started_date,
        cast(visits.visit_number as bigint) as visit_number,

        ---------- where
        view_bounds.workspace_id,
        view_bounds.video_id,
        visits.node_id,
        visits.previous_node_id,
        visits.next_node_id,

        ---------- how it was entered, as far as its events say
        case
            when visits.visit_number = 1 then 'start'
            when explained.entered_by is not null then explained.entered_by
            when visits.event_type = 'seek' then 'jump'
        end as entered_by,
        explained.element_id as entered_by_element_id,
        visits.visit_of_node_number > 1 as is_loop,

        ---------- how it was left
        case
            when visits.next_node_id is not null then 'moved'
            when visits.last_ended > coalesce(visits.last_play, 0) then 'ended'
            else 'exit'
        end as left_by,
        visits.next_node_id is null as is_last,
        visits.next_node_id is null
        and coalesce(visits.last_ended > coalesce(visits.last_play, 0), false)
        and edge_versions.from_node_id is not null as is_dead_end,
        -- playing when it was last heard of: nobody knows when it was left
        visits.next_node_id is null
        and coalesce(visits.view_last_playing > coalesce(visits.view_last_stopped, 0), false) as is_unseen_exit,

        ---------- when
        visits.occurred_at as entered_at,
        coalesce(visits.next_entered_at, visits.last_event_at) as left_at,

        ---------- how much
        visits.last_play is not null or watched.watched_seconds is not null as is_played,
        visits.last_ended is not null as has_ended,
        {{ rounded_seconds('coalesce(cast(visits.dwell_microseconds as double) / 1000000, 0)') }} as dwell_seconds,
        {{ rounded_seconds('coalesce(watched.watched_seconds, 0)') }} as watched_seconds,
        {{ rounded_seconds('greatest(visits.furthest_seconds, coalesce(watched.furthest_seconds, 0))') }} as furthest_seconds,
        watched.last_second
    from ordered as visits
    inner join view_bounds on visits.view_key = view_bounds.view_key and visits.view_started_at = view_bounds.view_started_at
    left join explained
        on
            visits.view_key = explained.view_key
            and visits.view_started_at = explained.view_started_at
            and visits.visit_number = explained.visit_number
    left join watched
        on
            visits.view_key = watched.view_key
            and visits.view_started_at = watched.view_started_at
            and visits.visit_number = watched.visit_number
    left join edge_versions
        on
            view_bounds.workspace_id = edge_versions.workspace_id
            and view_bounds.video_id = edge_versions.video_id
            and visits.node_id = edge_versions.from_node_id
            and visits.view_started_at >= edge_versions.valid_from
            and visits.view_started_at < edge_versions.valid_to

)

select * from final
