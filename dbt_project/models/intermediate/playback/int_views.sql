-- One row per view, complete but for the viewer, who is joined last.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

bounds as (

    select bounds.* from {{ ref('int_view_bounds') }} as bounds
    {{ join_stale_scopes('bounds', 'view_started_at') }}

),

contexts as (

    select contexts.* from {{ ref('int_view_contexts') }} as contexts
    {{ join_stale_scopes('contexts', 'view_started_at') }}

),

events as (

    select events.* from {{ ref('int_events_sessionized') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} events.view_key is not null

),

coverage as (

    select coverage.* from {{ ref('int_view_node_coverage') }} as coverage
    {{ join_stale_scopes('coverage', 'view_started_at') }}

),

segments as (

    select segments.* from {{ ref('int_derived_segments') }} as segments
    {{ join_stale_scopes('segments', 'view_started_at') }}

),

edge_versions as (

    select * from {{ ref('int_edge_versions') }}

),

event_facts as (

    select
        view_key,
        view_started_at,
        count(*) as event_count,
        count(*) filter (where event_type = 'impression') as reported_impression_count,
        bool_or(is_play) as is_played,
        min(case when is_play then occurred_at end) as first_played_at,
        count(*) filter (where event_type = 'pause') as pause_count,
        count(*) filter (where event_type = 'seek') as seek_count,
        count(*) filter (where is_interaction) as interaction_count,
        max(playback_rate) as highest_rate,
        min(completion_threshold) as completion_threshold,
        max(reported_watch_seconds) as reported_watch_seconds
    from events
    group by view_key, view_started_at

),

play_walls as (

    select
        view_key,
        view_started_at,
        sum(play_wall_seconds) as play_wall_seconds,
        count(*) as segment_count
    from segments
    group by view_key, view_started_at

),

-- the videos that have a graph in the catalog, and when
graphs as (

    select workspace_id, video_id, valid_from, valid_to
    from edge_versions
    group by workspace_id, video_id, valid_from, valid_to

),

graphed_views as (

    select bounds.view_key, bounds.view_started_at
    from bounds
    inner join graphs
        on
            bounds.workspace_id = graphs.workspace_id
            and bounds.video_id = graphs.video_id
            and bounds.view_started_at >= graphs.valid_from
            and bounds.view_started_at < graphs.valid_to
    group by bounds.view_key, bounds.view_started_at

),

node_facts as (

    select
        coverage.*,
        bounds.video_id,
        case
            when graphed_views.view_key is not null then edge_versions.from_node_id is null
            else coverage.is_last and (coverage.has_ended or coverage.has_completion or coverage.node_id = bounds.video_id)
        end as is_ending
    from coverage
    inner join bounds on coverage.view_key = bounds.view_key and coverage.view_started_at = bounds.view_started_at
    left join graphed_views
        on coverage.view_key = graphed_views.view_key and coverage.view_started_at = graphed_views.view_started_at
    left join edge_versions
        on
            bounds.workspace_id = edge_versions.workspace_id
            and bounds.video_id = edge_versions.video_id
            and coverage.node_id = edge_versions.from_node_id
            and coverage.view_started_at >= edge_versions.valid_from
            and coverage.view_started_at < edge_versions.valid_to

),

watched as (

    select
        view_key,
        view_started_at,
        count(*) filter (where is_visited) as node_count,
        sum(derived_watch_seconds) as derived_watch_seconds,
        sum(unique_watched_seconds) as unique_watched_seconds,
        sum(declared_seconds) as declared_seconds,
        bool_or(is_declared) as is_declared,
        case when count(*) filter (where is_visited and duration_seconds is null) = 0
            then nullif(sum(case when is_visited then duration_seconds end), 0) end as nodes_duration_seconds,
        case when count(*) filter (where is_visited and required_seconds is null) = 0
            then sum(case when is_visited then required_seconds end) end as required_seconds,
        sum(case when is_visited then covered_seconds end) as covered_seconds,
        sum(case when is_visited then least(furthest_seconds, duration_seconds) end) as position_seconds,
        coalesce(bool_or(is_visited and is_ending and (
            has_ended or furthest_seconds >= {{ rounded_seconds(var('completion_coverage') ~ ' * duration_seconds') }}
        )), false) as has_reached_ending,
        bool_or(has_completion or (is_ending and has_ended)) as has_declared_completion
    from node_facts
    group by view_key, view_started_at

),

final as (

    select
        ---------- ids
        {{ view_id('contexts', 'bounds.view_started_at') }} as view_id,
        {{ session_id('contexts', 'bounds.session_started_at') }} as session_id,

        ---------- keys
        bounds.session_key,
        bounds.view_key,
        bounds.view_started_at,
        bounds.view_ended_at,
        bounds.session_started_at,
        cast(bounds.view_started_at as date) as started_date,

        ---------- what
        bounds.workspace_id,
        bounds.source,
        bounds.video_id,

        ---------- who and where from
        contexts.device_id,
        contexts.user_id,
        contexts.playback_id,
        {% for column in context_columns() -%}
            contexts.{{ column }},
        {% endfor %}

        ---------- playing
        event_facts.event_count,
        greatest(event_facts.reported_impression_count, 1) as impression_count,
        event_facts.reported_impression_count = 0 as is_impression_implied,
        event_facts.is_played,
        event_facts.first_played_at,
        event_facts.pause_count,
        event_facts.seek_count,
        event_facts.interaction_count,
        coalesce(watched.node_count, 0) as node_count,
        coalesce(play_walls.segment_count, 0) as segment_count,
        {{ rounded_seconds('coalesce(play_walls.play_wall_seconds, 0)') }} as play_wall_seconds,

        ---------- watching
        case when watched.is_declared then 'declared' else 'derived' end as coverage_source,
        {{ rounded_seconds('case
            when watched.is_declared then greatest(watched.derived_watch_seconds, watched.unique_watched_seconds)
            else coalesce(watched.derived_watch_seconds, 0)
        end') }} as watch_seconds,
        {{ rounded_seconds('coalesce(watched.unique_watched_seconds, 0)') }} as unique_watched_seconds,
        {{ rounded_seconds('case
            when watched.is_declared then greatest(
                watched.declared_seconds
                - ' ~ seconds_between('bounds.view_started_at', 'bounds.view_ended_at') ~ ' * greatest(coalesce(event_facts.highest_rate, 1), 1),
                0
            )
            else 0
        end') }} as declared_excess_seconds,
        {{ rounded_seconds('event_facts.reported_watch_seconds') }} as reported_watch_seconds,
        {{ rounded_seconds('watched.nodes_duration_seconds') }} as nodes_duration_seconds,
        case
            when watched.nodes_duration_seconds is not null
                then least(
                    {{ rounded_seconds('watched.unique_watched_seconds') }} / {{ rounded_seconds('watched.nodes_duration_seconds') }}, 1
                )
        end as percent_watched,

        ---------- reaching the end
        case
            when coalesce(watched.node_count, 0) = 0 then false
            when watched.required_seconds is null then null
            else
                watched.has_reached_ending
                and {{ rounded_seconds('watched.covered_seconds') }}
                >= {{ rounded_seconds(var('completion_coverage') ~ ' * watched.required_seconds') }}
        end as is_completed,
        case
            when coalesce(watched.node_count, 0) = 0 then false
            when watched.nodes_duration_seconds is null then null
            else
                {{ rounded_seconds('watched.position_seconds') }}
                >= {{ rounded_seconds(var('completion_coverage') ~ ' * watched.nodes_duration_seconds') }}
        end as is_completed_by_position,
        case
            when coalesce(watched.node_count, 0) = 0 then false
            when watched.required_seconds is null then null
            else
                {{ rounded_seconds('watched.covered_seconds') }}
                >= {{ rounded_seconds(var('completion_coverage') ~ ' * watched.required_seconds') }}
        end as is_completed_by_coverage,
        coalesce(watched.has_declared_completion, false) as is_completed_by_event,
        case
            when event_facts.completion_threshold is null or watched.nodes_duration_seconds is null then null
            else
                {{ rounded_seconds('watched.unique_watched_seconds') }}
                >= {{ rounded_seconds('(event_facts.completion_threshold - 0.0005) * watched.nodes_duration_seconds') }}
        end as is_completed_by_emitter_threshold

    from bounds
    inner join event_facts on bounds.view_key = event_facts.view_key and bounds.view_started_at = event_facts.view_started_at
    inner join contexts on bounds.view_key = contexts.view_key and bounds.view_started_at = contexts.view_started_at
    left join watched on bounds.view_key = watched.view_key and bounds.view_started_at = watched.view_started_at
    left join play_walls on bounds.view_key = play_walls.view_key and bounds.view_started_at = play_walls.view_started_at

)

select * from final
