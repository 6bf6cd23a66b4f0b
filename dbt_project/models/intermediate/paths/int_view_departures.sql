-- One row per visit that watched anything, with the second at which its watching stopped (rule 58).
{{ config(materialized='view') }}

with

visits as (

    select * from {{ ref('int_node_visits') }}

),

coverage as (

    select * from {{ ref('int_view_node_coverage') }}

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
        visits.visit_number,
        views.workspace_id,
        views.video_id,
        visits.node_id,
        views.utm_campaign,
        views.device_type,
        views.country,
        views.device_id,
        views.user_id,
        views.playback_id,
        views.is_played,
        -- a declaration has no order: what it reaches furthest stands for the last
        case
            when views.coverage_source = 'declared' then cast(ceil(coverage.last_covered_seconds) as bigint) - 1
            else visits.last_second
        end as second,
        visits.is_last and visits.left_by = 'exit' and not {{ is_finished('views') }} as is_lost,
        visits.is_unseen_exit,
        visits.left_by = 'moved' as has_moved
    from visits
    inner join views on visits.view_key = views.view_key and visits.view_started_at = views.view_started_at
    inner join coverage
        on
            visits.view_key = coverage.view_key
            and visits.view_started_at = coverage.view_started_at
            and visits.node_id = coverage.node_id
    where case
        when views.coverage_source = 'declared' then coverage.last_covered_seconds is not null
        else visits.last_second is not null
    end

)

select * from final
