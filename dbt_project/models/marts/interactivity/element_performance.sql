-- One row per element, version and day (UTC, of the views' start) on which it was exposed: how many met it, clicked, answered, skipped.
{{ config(materialized='table') }}
with

days as (

    select * from {{ ref('int_element_days') }}

),

elements as (

    select * from {{ ref('dim_element') }}

),

nodes as (

    select * from {{ ref('dim_node') }}

),

final as (

    select
        ---------- grain
        elements.workspace_id,
        elements.video_id,
        elements.node_id,
        elements.element_id,
        elements.version_number,
        days.started_date as date_day,

        ---------- what it is
        elements.name,
        elements.element_type,
        elements.destination,
        nodes.level as node_level,

        ---------- exposures
        days.exposed_views,
        days.exposed_viewers,
        days.views_by_shown,
        days.views_by_action,
        days.views_by_window,

        ---------- clicks
        days.click_count as clicks,
        days.click_views as clicking_views,
        days.click_viewers as clicking_viewers,
        cast(days.click_viewers as double) / nullif(days.exposed_viewers, 0) as click_through_rate,
        cast(days.click_views as double) / nullif(days.exposed_views, 0) as view_click_through_rate,
        days.outbound_click_count as outbound_clicks,

        ---------- answers and skips
        days.answer_count as answers,
        days.answer_views as answering_views,
        days.answer_viewers as answering_viewers,
        cast(days.answer_viewers as double) / nullif(days.exposed_viewers, 0) as answer_rate,
        days.skip_count as skips,
        days.skip_views as skipping_views,
        days.skip_viewers as skipping_viewers,
        cast(days.skip_viewers as double) / nullif(days.exposed_viewers, 0) as skip_rate

    from days
    inner join elements
        on
            days.workspace_id = elements.workspace_id
            and days.video_id = elements.video_id
            and days.node_id = elements.node_id
            and days.element_id = elements.element_id
            and coalesce(days.version_number, -1) = case when elements.is_in_catalog then elements.version_number else -1 end
    left join nodes
        on
            elements.workspace_id = nodes.workspace_id
            and elements.video_id = nodes.video_id
            and elements.node_id = nodes.node_id

)

select * from final
