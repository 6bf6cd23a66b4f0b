-- One row per second of a node at which the number of plays or views changes, by the day, campaign, device type and country of the
-- views: what attention and retention add up from over any days and any filter.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'started_date', 'stale_dates': 'stale_report_dates'},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
{% set slice = ['workspace_id', 'video_id', 'node_id', 'started_date', 'utm_campaign', 'device_type', 'country'] %}
with

segments as (

    select * from {{ ref('int_coverage_segments') }}
    {{ where_stale_report_date('started_date') }}

),

view_stretches as (

    select * from {{ ref('int_view_stretches') }}
    {{ where_stale_report_date('started_date') }}

),

views as (

    select * from {{ ref('int_views') }}
    {{ where_stale_report_date('started_date') }}

),

stretches as (

    select
        {% for column in slice -%}
            {{ 'view_stretches' if column in ['node_id'] else 'views' }}.{{ column }},
        {% endfor -%}
        views.view_key,
        views.view_started_at,
        view_stretches.first_second,
        view_stretches.last_second
    from view_stretches
    inner join views on view_stretches.view_key = views.view_key and view_stretches.view_started_at = views.view_started_at

),

last_seconds as (

    select
        {{ slice | join(', ') }},
        view_key,
        view_started_at,
        max(last_second) as last_second
    from stretches
    group by {{ slice | join(', ') }}, view_key, view_started_at

),

-- Counting where stretches begin and end keeps a row per view and second from ever existing.
edges as (

    select {{ slice | join(', ') }}, first_second as edge_second, 1 as play_step, 0 as view_step, 0 as leaver from segments
    union all
    select {{ slice | join(', ') }}, last_second + 1 as edge_second, -1 as play_step, 0 as view_step, 0 as leaver from segments
    union all
    select {{ slice | join(', ') }}, first_second as edge_second, 0 as play_step, 1 as view_step, 0 as leaver from stretches
    union all
    select {{ slice | join(', ') }}, last_second + 1 as edge_second, 0 as play_step, -1 as view_step, 0 as leaver from stretches
    union all
    select {{ slice | join(', ') }}, last_second as edge_second, 0 as play_step, 0 as view_step, 1 as leaver from last_seconds

),

final as (

    select
        {{ slice | join(', ') }},
        edge_second,
        cast(sum(play_step) as bigint) as play_step,
        cast(sum(view_step) as bigint) as view_step,
        cast(sum(leaver) as bigint) as leaver_count
    from edges
    group by {{ slice | join(', ') }}, edge_second

)

select * from final
