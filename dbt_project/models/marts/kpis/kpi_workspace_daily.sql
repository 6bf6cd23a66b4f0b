-- One row per workspace and day (UTC, of the view's start) with any activity: the top line, engagement, completion and bounce.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'published_by': 'date_day', 'date_column': 'date_day', 'stale_dates': 'stale_report_dates', 'stale_expression': day_of('report_date')},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
with

views as (

    select * from {{ ref('fct_view') }}
    {{ where_stale_report_date(day_of('started_date'), day_of('report_date')) }}

),

sessions as (

    select * from {{ ref('fct_session') }}
    {{ where_stale_report_date(day_of('started_date'), day_of('report_date')) }}

),

{{ period_kpis('date_day', day_of) }}

select * from final
