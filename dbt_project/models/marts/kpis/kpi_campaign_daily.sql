-- One row per campaign and day (UTC, of the view's start) with any activity: the top line, engagement, completion and bounce.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'published_by': 'date_day', 'date_column': 'date_day', 'stale_dates': 'stale_report_dates', 'stale_expression': day_of('report_date')},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
with

views as (

    select
        *,
        utm_campaign as campaign_id
    from {{ ref('fct_view') }}
    {{ where_stale_report_date(day_of('started_date'), day_of('report_date')) }}

),

played_sessions as (

    select * from {{ ref('fct_session') }}
    {{ where_stale_report_date(day_of('started_date'), day_of('report_date')) }}

),

-- A session counts for the first campaign that any of its views names (rule 80); a view of it may begin on a later day.
session_campaigns as (

    select
        workspace_id,
        session_id,
        min_by(utm_campaign, {{ comparable_row(['started_at', 'view_id']) }}) as campaign_id
    from {{ ref('fct_view') }}
    where
        utm_campaign is not null
        and session_id in (select played_sessions.session_id from played_sessions)
    group by workspace_id, session_id

),

sessions as (

    select
        played_sessions.*,
        session_campaigns.campaign_id
    from played_sessions
    inner join session_campaigns
        on played_sessions.workspace_id = session_campaigns.workspace_id and played_sessions.session_id = session_campaigns.session_id

),

{{ period_kpis('date_day', day_of, 'campaign_id', 'campaign_id') }}

select * from final
