-- One row per viewer and day (UTC, of the view's start) with a play, by video, campaign, device type and country.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'active_date', 'stale_dates': 'stale_report_dates'},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
with

views as (

    select * from {{ ref('int_views') }}
    {{ where_stale_report_date('started_date') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

owned as (

    select
        views.workspace_id,
        views.started_date as active_date,
        {{ viewer_id('views', 'device_users') }} as viewer_id,
        views.video_id,
        views.utm_campaign,
        views.device_type,
        views.country
    from views
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id
    where views.is_played

),

final as (

    select
        workspace_id,
        active_date,
        {{ hash_key(['workspace_id', 'viewer_id']) }} as viewer_key,
        video_id,
        utm_campaign,
        device_type,
        country
    from owned
    group by
        workspace_id, active_date, {{ hash_key(['workspace_id', 'viewer_id']) }}, video_id, utm_campaign, device_type, country

)

select * from final
