-- One row per video and day (of the views' start) with an exposure to an element that leads outside: to how many, and who clicked.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'started_date', 'stale_dates': 'stale_report_dates'},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
with

exposures as (

    select * from {{ ref('int_exposures') }}
    {{ where_stale_report_date('started_date') }}

),

views as (

    select * from {{ ref('int_views') }}
    {{ where_stale_report_date('started_date') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

exposed_views as (

    select
        view_key,
        view_started_at,
        sum(click_count) as click_count
    from exposures
    where is_outbound
    group by view_key, view_started_at

),

owned as (

    select
        views.workspace_id,
        views.video_id,
        views.started_date,
        exposed_views.click_count,
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from exposed_views
    inner join views on exposed_views.view_key = views.view_key and exposed_views.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id

),

final as (

    select
        workspace_id,
        video_id,
        started_date,
        count(*) as exposed_views,
        count(distinct viewer_id) as exposed_viewers,
        cast(sum(click_count) as bigint) as click_count,
        count(*) filter (where click_count > 0) as click_views,
        count(distinct case when click_count > 0 then viewer_id end) as click_viewers
    from owned
    group by workspace_id, video_id, started_date

)

select * from final
