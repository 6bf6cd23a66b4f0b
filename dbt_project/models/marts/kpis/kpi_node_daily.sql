-- One row per node and day (UTC, of the view's start) on which any view visited it or clicked in it (rule 56).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'published_by': 'date_day', 'date_column': 'date_day', 'stale_dates': 'stale_report_dates'},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
{% set key = ['workspace_id', 'video_id', 'node_id', 'started_date'] %}
with

days as (

    select * from {{ ref('int_node_days') }}
    {{ where_stale_report_date('started_date') }}

),

visits as (

    select * from {{ ref('int_node_visits') }}
    {{ where_stale_report_date('started_date') }}

),

views as (

    select * from {{ ref('int_views') }}
    {{ where_stale_report_date('started_date') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

viewers_of_nodes as (

    select
        visits.workspace_id,
        visits.video_id,
        visits.node_id,
        visits.started_date,
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from visits
    inner join views on visits.view_key = views.view_key and visits.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id
    group by visits.workspace_id, visits.video_id, visits.node_id, visits.started_date, {{ viewer_id('views', 'device_users') }}

),

viewers as (

    select
        {{ key | join(', ') }},
        count(*) as unique_viewers
    from viewers_of_nodes
    group by {{ key | join(', ') }}

),

totals as (

    select
        {% for column in key -%}
            days.{{ column }},
        {% endfor -%}
        viewers.unique_viewers,
        {% for measure in node_day_counts() -%}
            cast(sum(days.{{ measure }}) as bigint) as {{ measure }},
        {% endfor -%}
        {% for measure in node_day_seconds() -%}
            sum(days.{{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from days
    left join viewers
        on
            days.workspace_id = viewers.workspace_id
            and days.video_id = viewers.video_id
            and days.node_id = viewers.node_id
            and days.started_date = viewers.started_date
    group by days.workspace_id, days.video_id, days.node_id, days.started_date, viewers.unique_viewers

),

final as (

    select
        ---------- grain
        totals.workspace_id,
        totals.video_id,
        totals.node_id,
        totals.started_date as date_day,

        {{ node_kpis('totals') }}

    from totals

)

select * from final
