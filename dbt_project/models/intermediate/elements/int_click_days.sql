-- One row per cell of a node's picture and two seconds in which anybody clicked, by the day, campaign, device type and country of the
-- views: what click heatmaps add up from over any days and any filter (rule 35).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'started_date', 'stale_dates': 'stale_report_dates'},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
{% set slice = ['workspace_id', 'video_id', 'node_id', 'started_date', 'utm_campaign', 'device_type', 'country'] %}
with

clicks as (

    select * from {{ ref('int_clicks') }}
    {{ where_stale_report_date('started_date') }}

),

views as (

    select * from {{ ref('int_views') }}
    {{ where_stale_report_date('started_date') }}

),

in_views as (

    select
        {% for column in slice -%}
            {{ 'clicks' if column in ['node_id'] else 'views' }}.{{ column }},
        {% endfor -%}
        clicks.bucket,
        clicks.cell_x,
        clicks.cell_y,
        clicks.outcome
    from clicks
    inner join views on clicks.view_key = views.view_key and clicks.view_started_at = views.view_started_at

),

final as (

    select
        {{ slice | join(', ') }},
        bucket,
        cell_x,
        cell_y,
        count(*) as clicks,
        count(*) filter (where outcome = 'hit') as hits,
        count(*) filter (where outcome = 'near_miss') as near_misses,
        count(*) filter (where outcome = 'false_click') as false_clicks,
        count(*) filter (where outcome = 'unknown') as unknown_clicks
    from in_views
    group by {{ slice | join(', ') }}, bucket, cell_x, cell_y

)

select * from final
