-- The learners of an assigned video are counted once, in the org unit that assigned it.
with

assigned as (

    select
        workspace_id,
        video_id,
        count(*) as assigned_count
    from {{ ref('int_assignments') }}
    group by workspace_id, video_id

),

counted as (

    select
        workspace_id,
        video_id,
        sum(assigned_count) as assigned_count
    from {{ ref('training_compliance') }}
    group by workspace_id, video_id

)

select
    assigned.workspace_id,
    assigned.video_id,
    assigned.assigned_count,
    counted.assigned_count as counted_learners
from assigned
left join counted on assigned.workspace_id = counted.workspace_id and assigned.video_id = counted.video_id
where assigned.assigned_count <> coalesce(counted.assigned_count, 0)
