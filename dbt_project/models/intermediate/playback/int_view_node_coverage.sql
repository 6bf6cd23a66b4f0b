-- One row per view and visited node: how much of it was covered, and how far (rules 17 to 19).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
{% set union_length = 'coalesce(sum(case when is_coverage then greatest(to_seconds - greatest(from_seconds, covered_until), 0) end), 0)' %}
with

nodes as (

    select nodes.* from {{ ref('int_view_nodes') }} as nodes
    {{ join_stale_scopes('nodes', 'view_started_at') }}

),

derived as (

    select derived.* from {{ ref('int_derived_segments') }} as derived
    {{ join_stale_scopes('derived', 'view_started_at') }}

),

declared as (

    select declared.* from {{ ref('int_declared_segments') }} as declared
    {{ join_stale_scopes('declared', 'view_started_at') }}

),

declaring_views as (

    select view_key, view_started_at
    from declared
    group by view_key, view_started_at

),

segments as (

    select
        view_key, view_started_at, node_id, from_seconds, to_seconds,
        true as is_derived
    from derived
    union all
    select
        view_key, view_started_at, node_id, from_seconds, to_seconds,
        false as is_derived
    from declared

),

sourced as (

    select
        segments.*,
        segments.is_derived = (declaring_views.view_key is null) as is_coverage
    from segments
    left join declaring_views
        on segments.view_key = declaring_views.view_key and segments.view_started_at = declaring_views.view_started_at

),

ordered as (

    -- what a segment adds to the union is what lies beyond everything that began before it
    select
        *,
        coalesce(max(to_seconds) over (
            partition by view_key, view_started_at, node_id, is_derived
            order by from_seconds, to_seconds
            rows between unbounded preceding and 1 preceding
        ), 0) as covered_until
    from sourced

),

measured as (

    select
        nodes.session_key,
        nodes.view_key,
        nodes.view_started_at,
        nodes.node_id,
        ordered.is_derived,
        ordered.is_coverage,
        ordered.from_seconds,
        ordered.to_seconds,
        ordered.covered_until,
        least(nodes.choice_seconds, coalesce(nodes.duration_seconds, nodes.choice_seconds)) as chosen_seconds,
        nodes.duration_seconds,
        nodes.is_visited,
        nodes.is_last,
        nodes.has_ended,
        nodes.has_completion,
        nodes.furthest_evidence_seconds
    from nodes
    left join ordered
        on
            nodes.view_key = ordered.view_key
            and nodes.view_started_at = ordered.view_started_at
            and nodes.node_id = ordered.node_id

),

final as (

    select
        session_key,
        view_key,
        view_started_at,
        cast(view_started_at as date) as started_date,
        node_id,
        is_visited,
        is_last,
        has_ended,
        has_completion,
        {{ rounded_seconds('duration_seconds') }} as duration_seconds,
        {{ rounded_seconds('coalesce(chosen_seconds, duration_seconds)') }} as required_seconds,
        {{ rounded_seconds('greatest(
            coalesce(furthest_evidence_seconds, 0),
            coalesce(max(to_seconds), 0)
        )') }} as furthest_seconds,
        {{ rounded_seconds('coalesce(sum(case when is_derived then to_seconds - from_seconds end), 0)') }} as derived_watch_seconds,
        {{ rounded_seconds('least(' ~ union_length ~ ', coalesce(duration_seconds, ' ~ union_length ~ '))') }} as unique_watched_seconds,
        {{ rounded_seconds('case when bool_or(not is_derived) then ' ~ union_length ~ ' else 0 end') }} as declared_seconds,
        {{ rounded_seconds('coalesce(sum(case when is_coverage then greatest(
            least(to_seconds, coalesce(chosen_seconds, duration_seconds)) - greatest(from_seconds, covered_until), 0
        ) end), 0)') }} as covered_seconds,
        max(case when is_coverage then to_seconds end) as last_covered_seconds,
        count(case when is_coverage then 1 end) as coverage_segment_count,
        coalesce(bool_or(not is_derived), false) as is_declared
    from measured
    group by
        session_key, view_key, view_started_at, node_id, is_visited, is_last, has_ended, has_completion,
        duration_seconds, chosen_seconds, furthest_evidence_seconds

)

select * from final
