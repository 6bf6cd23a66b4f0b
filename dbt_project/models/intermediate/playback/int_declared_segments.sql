-- One row per stretch of a node that a view's own player declared as covered: the union of all it declared (rule 16).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

events as (

    select
        events.session_key,
        events.view_key,
        events.view_started_at,
        events.node_id,
        events.played_ranges
    from {{ ref('int_events_sessionized') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} events.played_ranges is not null and events.view_key is not null

),

nodes as (

    select * from {{ ref('int_view_nodes') }}

),

declarations as (

    -- players repeat what they have declared before
    select session_key, view_key, view_started_at, node_id, played_ranges
    from events
    group by session_key, view_key, view_started_at, node_id, played_ranges

),

declared as (

    {{ unnest_ranges('declarations', ['session_key', 'view_key', 'view_started_at', 'node_id'], 'played_ranges') }}

),

cut as (

    select
        declared.session_key,
        declared.view_key,
        declared.view_started_at,
        declared.node_id,
        {{ rounded_seconds('least(declared.range_from, coalesce(nodes.catalog_duration_seconds, declared.range_from))') }} as from_seconds,
        {{ rounded_seconds('least(declared.range_to, coalesce(nodes.catalog_duration_seconds, declared.range_to))') }} as to_seconds
    from declared
    inner join nodes
        on
            declared.view_key = nodes.view_key
            and declared.view_started_at = nodes.view_started_at
            and declared.node_id = nodes.node_id
    where
        declared.range_from >= 0
        and declared.range_to > declared.range_from
        and declared.range_to <= {{ var('longest_node_seconds') }}

),

ordered as (

    select
        *,
        max(to_seconds) over (
            partition by view_key, view_started_at, node_id
            order by from_seconds, to_seconds
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from cut
    where to_seconds > from_seconds

),

numbered as (

    -- by range, not rows: twins (the same bounds twice) must get the same number whichever of them comes first
    select
        *,
        sum(case when covered_until is null or from_seconds > covered_until then 1 else 0 end) over (
            partition by view_key, view_started_at, node_id
            order by from_seconds, to_seconds
            range between unbounded preceding and current row
        ) as segment_number
    from ordered

),

final as (

    select
        session_key,
        view_key,
        view_started_at,
        cast(view_started_at as date) as started_date,
        node_id,
        segment_number,
        min(from_seconds) as from_seconds,
        max(to_seconds) as to_seconds
    from numbered
    group by session_key, view_key, view_started_at, node_id, segment_number

)

select * from final
