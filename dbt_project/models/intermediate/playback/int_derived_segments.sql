-- One row per stretch of a node that a view really played, by its events (rules 12 to 15).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
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
        events.playback_rate,
        events.playing_after,
        events.closes_segment,
        case
            when events.event_type = 'seek' then {{ rounded_seconds('events.position_to_seconds') }}
            when events.event_type = 'node_enter' then coalesce({{ rounded_seconds('events.position_seconds') }}, 0)
            else {{ rounded_seconds('events.position_seconds') }}
        end as at_seconds,
        case
            when events.event_type = 'seek' then {{ rounded_seconds('events.position_from_seconds') }}
            when events.event_type <> 'node_enter' then {{ rounded_seconds('events.position_seconds') }}
        end as closing_seconds
    from {{ ref('int_events_sessionized') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} events.is_evidence and events.view_key is not null

),

nodes as (

    select * from {{ ref('int_view_nodes') }}

),

points as (

    select
        session_key,
        view_key,
        view_started_at,
        node_id,
        occurred_at,
        at_seconds,
        row_number() over (partition by view_key, view_started_at order by {{ event_order() }}) as point_number,
        {{ last_known('playing_after', 'view_key, view_started_at', event_order()) }} as is_playing,
        {{ last_known('playback_rate', 'view_key, view_started_at', event_order()) }} as stated_rate,
        lead(occurred_at) over (partition by view_key, view_started_at order by {{ event_order() }}) as next_at,
        lead(node_id) over (partition by view_key, view_started_at order by {{ event_order() }}) as next_node_id,
        lead(closing_seconds) over (partition by view_key, view_started_at order by {{ event_order() }}) as next_closing_seconds,
        lead(closes_segment) over (partition by view_key, view_started_at order by {{ event_order() }}) as next_closes
    from evidence

),

played as (

    select
        points.session_key,
        points.view_key,
        points.view_started_at,
        points.node_id,
        points.occurred_at,
        points.next_at,
        points.point_number,
        points.at_seconds,
        points.next_closing_seconds,
        points.next_closes or points.next_node_id <> points.node_id as is_closed,
        points.next_node_id = points.node_id as is_same_node,
        nodes.duration_seconds,
        {{ seconds_between('points.occurred_at', 'points.next_at') }} as wall_seconds,
        coalesce(points.stated_rate, 1) as rate
    from points
    inner join nodes
        on
            points.view_key = nodes.view_key
            and points.view_started_at = nodes.view_started_at
            and points.node_id = nodes.node_id
    where points.is_playing and points.at_seconds is not null and points.next_at is not null

),

advanced as (

    select
        *,
        case
            when is_same_node and next_closing_seconds >= at_seconds
                then least(next_closing_seconds - at_seconds, wall_seconds * rate + {{ var('segment_tolerance_seconds') }})
            -- a jump back that nobody reported: only what a heartbeat could have left unsaid
            when is_same_node and next_closing_seconds is not null
                then least(wall_seconds, {{ var('heartbeat_interval_seconds') }}) * rate
            when is_closed and duration_seconds is not null
                then wall_seconds * rate
            else least(wall_seconds, {{ var('heartbeat_interval_seconds') }}) * rate
        end as advance_seconds
    from played

),

intervals as (

    select
        session_key,
        view_key,
        view_started_at,
        node_id,
        point_number,
        occurred_at,
        next_at,
        wall_seconds,
        wall_seconds * rate + {{ var('segment_tolerance_seconds') }} as plausible_seconds,
        least(at_seconds, coalesce({{ rounded_seconds('duration_seconds') }}, at_seconds)) as from_seconds,
        least(
            {{ rounded_seconds('at_seconds + advance_seconds') }},
            coalesce({{ rounded_seconds('duration_seconds') }}, {{ rounded_seconds('at_seconds + advance_seconds') }})
        ) as to_seconds
    from advanced

),

compared as (

    -- the interval before is the last one that has a length: one without is only there to tell whether it lies elsewhere
    select
        *,
        to_seconds > from_seconds as has_length,
        case
            when
                lag(point_number) over (partition by view_key, view_started_at order by point_number) = point_number - 1
                and {{ last_known(
                    'case when to_seconds > from_seconds then node_id end', 'view_key, view_started_at', 'point_number', '1 preceding'
                ) }} = node_id
                and abs({{ last_known(
                    'case when to_seconds > from_seconds then to_seconds end', 'view_key, view_started_at', 'point_number', '1 preceding'
                ) }} - from_seconds) < 0.0015
                then 0
            else 1
        end as is_break
    from intervals

),

numbered as (

    select
        *,
        sum(is_break) over (
            partition by view_key, view_started_at
            order by point_number
            rows between unbounded preceding and current row
        ) as segment_number
    from compared

),

final as (

    select
        session_key,
        view_key,
        view_started_at,
        cast(view_started_at as date) as started_date,
        node_id,
        segment_number,
        min(occurred_at) as started_at,
        max(next_at) as ended_at,
        min(from_seconds) as from_seconds,
        max(to_seconds) as to_seconds,
        sum(wall_seconds) as play_wall_seconds,
        sum(plausible_seconds) as plausible_seconds
    from numbered
    where has_length
    group by session_key, view_key, view_started_at, node_id, segment_number

)

select * from final
