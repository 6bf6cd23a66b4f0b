-- One row per video and calendar month (UTC, of the view's start) with any activity: the top line, engagement, completion and bounce.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'month_start_date', 'stale_dates': 'stale_report_dates', 'stale_expression': month_of('report_date')},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
with

views as (

    select * from {{ ref('fct_view') }}
    {{ where_stale_report_date(month_of('started_date'), month_of('report_date')) }}

),

sessions as (

    select * from {{ ref('fct_session') }}
    {{ where_stale_report_date(month_of('started_date'), month_of('report_date')) }}

),

{{ period_kpis('month_start_date', month_of, 'video_id', 'first_played_video_id') }}

select * from final
