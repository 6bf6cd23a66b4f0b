-- One row per node by the day, campaign, device type and country of the views that visited it or clicked in it: what a node's numbers
-- add up from over any days and any filter (rule 56).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'started_date', 'stale_dates': 'stale_report_dates'},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
{% set slice = ['workspace_id', 'video_id', 'started_date', 'utm_campaign', 'device_type', 'country'] %}
{% set counts = node_day_counts() %}
{% set seconds = node_day_seconds() %}
with

visits as (

    select * from {{ ref('int_node_visits') }}
    {{ where_stale_report_date('started_date') }}

),

coverage as (

    select * from {{ ref('int_view_node_coverage') }}
    {{ where_stale_report_date('started_date') }}

),

views as (

    select * from {{ ref('int_views') }}
    {{ where_stale_report_date('started_date') }}

),

actions as (

    select
        view_key,
        view_started_at,
        node_id,
        cast(view_started_at as date) as started_date
    from {{ ref('int_actions') }}
    where
        view_key is not null
        and is_interaction
        and element_id is not null
        and event_type in ('element_click', 'cta_click', 'product_click', 'branch_choice')

),

clicks as (

    select
        view_key,
        view_started_at,
        node_id,
        count(*) as hotspot_clicks
    from actions
    {{ where_stale_report_date('started_date') }}
    group by view_key, view_started_at, node_id

),

by_view as (

    select
        visits.view_key,
        visits.view_started_at,
        visits.node_id,
        count(*) as visits,
        count(*) filter (where visits.is_played) as plays,
        count(*) filter (where visits.has_ended or coverage.duration_seconds is not null) as measurable_visits,
        count(*) filter (
            where
                visits.has_ended
                or visits.furthest_seconds >= {{ rounded_seconds(var('completion_coverage') ~ ' * coverage.duration_seconds') }}
        ) as completed_visits,
        count(*) filter (where visits.is_loop) as loop_visits,
        count(*) filter (where visits.visit_number = 1) as entries,
        count(*) filter (where visits.is_last) as exits,
        count(*) filter (where visits.is_last and visits.left_by = 'exit') as exits_before_end,
        count(*) filter (where visits.is_dead_end) as dead_ends,
        sum(visits.dwell_seconds) as dwell_seconds,
        sum(visits.watched_seconds) as watch_seconds,
        max(coverage.duration_seconds) as duration_seconds,
        max(case when coverage.duration_seconds is not null then coverage.unique_watched_seconds end) as unique_watched_seconds
    from visits
    inner join coverage
        on
            visits.view_key = coverage.view_key
            and visits.view_started_at = coverage.view_started_at
            and visits.node_id = coverage.node_id
    group by visits.view_key, visits.view_started_at, visits.node_id

),

touched as (

    select
        view_key, view_started_at, node_id, visits, plays, measurable_visits, completed_visits, loop_visits, entries, exits,
        exits_before_end, dead_ends, dwell_seconds, watch_seconds, duration_seconds, unique_watched_seconds, 0 as hotspot_clicks
    from by_view
    union all
    select
        view_key, view_started_at, node_id, 0 as visits, 0 as plays, 0 as measurable_visits, 0 as completed_visits,
        0 as loop_visits, 0 as entries, 0 as exits, 0 as exits_before_end, 0 as dead_ends, 0 as dwell_seconds, 0 as watch_seconds,
        null as duration_seconds, null as unique_watched_seconds, hotspot_clicks
    from clicks

),

judged as (

    select
        {% for column in slice -%}
            views.{{ column }},
        {% endfor -%}
        touched.*,
        case when touched.visits > 0 then 1 else 0 end as views,
        case when touched.plays > 0 then 1 else 0 end as played_views,
        case when {{ is_finished('views') }} then 0 else touched.exits_before_end end as drop_offs
    from touched
    inner join views on touched.view_key = views.view_key and touched.view_started_at = views.view_started_at

),

final as (

    select
        {{ slice | join(', ') }},
        node_id,
        {% for count in counts -%}
            cast(sum({{ count }}) as bigint) as {{ count }},
        {% endfor -%}
        {% for measure in seconds -%}
            {{ rounded_seconds('coalesce(sum(' ~ measure ~ '), 0)') }} as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from judged
    group by {{ slice | join(', ') }}, node_id

)

select * from final
