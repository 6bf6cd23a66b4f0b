-- One row per segment of a view's coverage source, in whole seconds of its node: what curves and heatmaps are made of (rule 26).
{{ config(materialized='view') }}

with

derived as (

    select view_key, view_started_at, node_id, from_seconds, to_seconds, 'derived' as evidence from {{ ref('int_derived_segments') }}

),

declared as (

    select view_key, view_started_at, node_id, from_seconds, to_seconds, 'declared' as evidence from {{ ref('int_declared_segments') }}

),

segments as (

    select * from derived
    union all
    select * from declared

),

views as (

    select * from {{ ref('int_views') }}

),

final as (

    select
        views.session_key,
        views.view_key,
        views.view_started_at,
        views.started_date,
        views.workspace_id,
        views.video_id,
        segments.node_id,
        views.utm_campaign,
        views.device_type,
        views.country,
        cast(floor(segments.from_seconds) as bigint) as first_second,
        cast(ceil(segments.to_seconds) as bigint) - 1 as last_second
    from segments
    inner join views on segments.view_key = views.view_key and segments.view_started_at = views.view_started_at
    where segments.evidence = views.coverage_source

)

select * from final
