-- One row per assigned video and org unit: how many are done, and how many are late (rule 47).
{{ config(materialized='table') }}

with

progress as (

    select * from {{ ref('learner_progress') }}
    where is_assigned

),

videos as (

    select * from {{ ref('dim_video') }}

),

counted as (

    select
        workspace_id,
        video_id,
        org_unit,
        count(*) as assigned_count,
        count(*) filter (where has_started) as started_count,
        count(*) filter (where is_done) as completed_count,
        count(*) filter (where status = 'passed') as passed_count,
        count(*) filter (where status = 'failed') as failed_count,
        count(*) filter (where status in ('in_progress', 'overdue') and has_started) as in_progress_count,
        count(*) filter (where not has_started) as not_started_count,
        count(*) filter (where is_overdue) as overdue_count,
        count(*) filter (where is_late) as late_count,
        count(*) filter (where is_at_risk) as at_risk_count,
        min(case when not is_done then due_at end) as next_due_at,
        max(data_until) as data_until
    from progress
    group by workspace_id, video_id, org_unit

),

final as (

    select
        ---------- grain
        counted.workspace_id,
        counted.video_id,
        counted.org_unit,
        videos.title,

        ---------- how many
        counted.assigned_count,
        counted.started_count,
        counted.completed_count,
        counted.passed_count,
        counted.failed_count,
        counted.in_progress_count,
        counted.not_started_count,
        counted.overdue_count,
        counted.late_count,
        counted.at_risk_count,
        cast(counted.completed_count as double) / nullif(counted.assigned_count, 0) as completion_rate,
        cast(counted.overdue_count as double) / nullif(counted.assigned_count, 0) as overdue_rate,

        ---------- when
        counted.next_due_at,
        counted.data_until

    from counted
    left join videos on counted.workspace_id = videos.workspace_id and counted.video_id = videos.video_id

)

select * from final
