-- One row per topic of the catalog's questions (rule 48), the least known first.
with

judged as (

    select
        *,
        is_small(learners)
        or is_small(correct_answer_count) or is_small(graded_answer_count - correct_answer_count) as is_withheld,
        is_small(learners) or is_small(judged_learners) or is_small(gap_learners) or is_small(judged_learners - gap_learners) as is_gap_withheld
    from learning.topic_result

)

select
    workspace_id,
    topic,
    question_count,
    video_count,
    is_withheld,
    is_gap_withheld,
    case when not is_small(learners) then learners end as learners,
    case when not is_withheld then share_correct end as share_correct,
    case when not is_withheld then share_correct_low end as share_correct_low,
    case when not is_withheld then share_correct_high end as share_correct_high,
    case when not is_withheld then is_gap end as is_gap,
    case when not is_gap_withheld then judged_learners end as judged_learners,
    case when not is_gap_withheld then gap_learners end as gap_learners,
    case when not is_gap_withheld then gap_rate end as gap_rate
from judged
order by workspace_id, share_correct nulls last, topic;
