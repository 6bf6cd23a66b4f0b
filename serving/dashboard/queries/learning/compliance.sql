-- One row per training and organisational unit of the assigned (rule 47). Units make up a training, whose risks are told as a whole.
with

judged as (

    select
        *,
        is_withheld_of((workspace_id, video_id), assigned_count, coalesce(org_unit, '')) as is_withheld
    from learning.training_compliance

)

select
    workspace_id,
    video_id,
    coalesce(title, video_id) as title,
    org_unit,
    is_withheld,
    case when not is_withheld then next_due_at::date end as next_due_on,
    data_until::date as data_until,
    case when not is_withheld then assigned_count end as assigned_count,
    case when not is_withheld then completed_count end as completed_count,
    case when not is_withheld then failed_count end as failed_count,
    case when not is_withheld then in_progress_count end as in_progress_count,
    case when not is_withheld then not_started_count end as not_started_count,
    case when not is_withheld then overdue_count end as overdue_count,
    case when not is_withheld then late_count end as late_count,
    case when not is_withheld then at_risk_count end as at_risk_count,
    case when not is_withheld then completion_rate end as completion_rate
from judged
order by workspace_id, title, video_id, org_unit nulls last;
