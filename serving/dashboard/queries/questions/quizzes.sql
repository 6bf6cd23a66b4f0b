-- One row per quiz question that somebody was asked or the catalog knows (rule 43), the hardest first.
-- Withheld where too few answered, or where too few were right or wrong: the shares would name them.
with

judged as (

    select
        question_result.*,
        is_small(answered_viewers) as is_withheld,
        is_small(graded_viewers)
        or is_small(correct_viewers) or is_small(graded_viewers - correct_viewers)
        or is_small(correct_last_viewers) or is_small(graded_last_viewers - correct_last_viewers) as is_outcome_withheld
    from interactivity.question_result

)

select
    workspace_id,
    video_id,
    question_id,
    coalesce(text, question_id) as text,
    is_withheld,
    is_withheld or is_outcome_withheld as is_outcome_withheld,
    case when not is_withheld then answered_viewers end as answered_viewers,
    case when not is_withheld then median_seconds_to_answer end as median_seconds,
    case when not is_withheld and not is_outcome_withheld then share_correct end as share_correct,
    case when not is_withheld and not is_outcome_withheld then share_correct_low end as share_correct_low,
    case when not is_withheld and not is_outcome_withheld then share_correct_high end as share_correct_high,
    case when not is_withheld and not is_outcome_withheld then share_correct_last end as share_correct_last,
    case when not is_withheld and not is_outcome_withheld then difficulty end as difficulty,
    case when not is_withheld and not is_outcome_withheld then discrimination end as discrimination
from judged
order by workspace_id, difficulty desc nulls last, text, video_id, question_id;
