-- One row per poll question (rule 45).
select
    workspace_id,
    video_id,
    question_id,
    coalesce(any_value(question_text), question_id) as text,
    is_small(max(answered_viewers)) as is_withheld,
    case when not is_small(max(answered_viewers)) then max(answered_viewers) end as answered_viewers
from interactivity.poll_result
group by workspace_id, video_id, question_id
order by workspace_id, text, video_id, question_id;
