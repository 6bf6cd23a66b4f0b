-- One row per stretch of a node that a view played (derived from its events) or declared as covered.
{{ config(materialized='view', meta={'published_by': 'started_date'}) }}

with

derived as (

    select * from {{ ref('int_derived_segments') }}

),

declared as (

    select * from {{ ref('int_declared_segments') }}

),

views as (

    select * from {{ ref('int_views') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

segments as (

    select
        view_key, view_started_at, started_date, node_id, 'derived' as evidence, segment_number, from_seconds, to_seconds,
        started_at, ended_at, play_wall_seconds, plausible_seconds
    from derived
    union all
    select
        view_key, view_started_at, started_date, node_id, 'declared' as evidence, segment_number, from_seconds, to_seconds,
        cast(null as timestamp) as started_at, cast(null as timestamp) as ended_at,
        cast(null as double) as play_wall_seconds, cast(null as double) as plausible_seconds
    from declared

),

final as (

    select
        ---------- ids
        {{ public_key(['views.view_id', 'segments.node_id', 'segments.evidence', 'segments.segment_number']) }} as segment_id,
        views.view_id,
        views.workspace_id,
        views.video_id,
        segments.node_id,
        {{ viewer_id('views', 'device_users') }} as viewer_id,

        ---------- evidence
        segments.evidence,
        segments.evidence = views.coverage_source as is_coverage,

        ---------- timestamps
        views.started_date,
        segments.started_at,
        segments.ended_at,

        ---------- measures
        segments.from_seconds,
        segments.to_seconds,
        {{ rounded_seconds('segments.to_seconds - segments.from_seconds') }} as watched_seconds,
        {{ rounded_seconds('segments.play_wall_seconds') }} as play_wall_seconds,
        {{ rounded_seconds('segments.plausible_seconds') }} as plausible_seconds

    from segments
    -- the date as well, so that a reader of some days scans these alone on both sides
    inner join views
        on
            segments.view_key = views.view_key
            and segments.view_started_at = views.view_started_at
            and segments.started_date = views.started_date
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id

)

select * from final
