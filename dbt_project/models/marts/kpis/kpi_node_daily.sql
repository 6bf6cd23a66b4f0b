-- One row per node and day (UTC, of the view's start) on which any view visited it or clicked in it (rule 56).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'published_by': 'date_day', 'date_column': 'date_day', 'stale_dates': 'stale_report_dates'},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
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

{{ node_totals(['workspace_id', 'video_id', 'node_id', 'started_date']) }},

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
