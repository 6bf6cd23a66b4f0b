-- One row per training and reason why assigned learners are at risk (rule 47). Withheld where too few are assigned.
with

reasons as (

    select
        workspace_id,
        video_id,
        risk_reason,
        count(*) as learners,
        sum(count(*)) over (partition by workspace_id, video_id) as assigned
    from learning.learner_progress
    where is_assigned
    group by workspace_id, video_id, risk_reason

)

select
    workspace_id,
    video_id,
    risk_reason,
    is_small(assigned) as is_withheld,
    case when not is_small(assigned) then learners end as learners
from reasons
where risk_reason is not null
order by workspace_id, video_id, risk_reason;
