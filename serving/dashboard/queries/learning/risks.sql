-- One row per training and reason why assigned learners are at risk (rule 47); the reason null: those who are not.
with

reasons as (

    select
        workspace_id,
        video_id,
        risk_reason,
        count(*) as learners
    from learning.learner_progress
    where is_assigned
    group by workspace_id, video_id, risk_reason

),

judged as (

    select
        *,
        is_withheld_of((workspace_id, video_id), learners, coalesce(risk_reason, '')) as is_withheld
    from reasons

)

select
    workspace_id,
    video_id,
    risk_reason,
    is_withheld,
    case when not is_withheld then learners end as learners
from judged
where risk_reason is not null
order by workspace_id, video_id, risk_reason;
