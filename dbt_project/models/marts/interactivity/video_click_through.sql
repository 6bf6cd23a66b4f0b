-- One row per video and day (UTC, of the views' start) with an exposure to an element that leads outside: who clicked.
{{ config(materialized='table') }}

with

outbound_days as (

    select * from {{ ref('int_outbound_days') }}

),

final as (

    select
        ---------- grain
        workspace_id,
        video_id,
        started_date as date_day,

        ---------- elements that lead outside
        exposed_views,
        exposed_viewers,
        click_count as clicks,
        click_views as clicking_views,
        click_viewers as clicking_viewers,
        cast(click_viewers as double) / exposed_viewers as click_through_rate,
        cast(click_views as double) / exposed_views as view_click_through_rate
    from outbound_days

)

select * from final
