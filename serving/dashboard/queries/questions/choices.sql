-- One row per question and what may be chosen in it: quiz options by first answers, polls and surveys by latest ones.
with

chosen as (

    select
        'quiz' as kind, workspace_id, video_id, question_id, option_id, text, null::double as rating, is_in_catalog, is_offered,
        is_correct, is_distractor, first_viewers as viewers, answered_viewers, share, share_low, share_high
    from interactivity.option_result
    union all
    select
        'poll', workspace_id, video_id, question_id, option_id, option_text, null, is_in_catalog, is_offered,
        null, null, viewers, answered_viewers, share, share_low, share_high
    from interactivity.poll_result
    union all
    select
        'survey', workspace_id, video_id, question_id, option_id, option_text, rating, is_in_catalog, is_offered,
        null, null, viewers, answered_viewers, share, share_low, share_high
    from interactivity.survey_distribution

),

judged as (

    select
        *,
        is_withheld_of((kind, workspace_id, video_id, question_id), viewers, option_id) or is_small(answered_viewers) as is_withheld
    from chosen

)

select
    kind,
    workspace_id,
    video_id,
    question_id,
    coalesce(text, option_id) as label,
    rating,
    is_offered,
    is_correct,
    is_withheld,
    case when not is_withheld then is_distractor end as is_distractor,
    case when not is_withheld then viewers end as viewers,
    case when not is_withheld then share end as share,
    case when not is_withheld then share_low end as share_low,
    case when not is_withheld then share_high end as share_high
from judged
where is_listed_answer(is_in_catalog, rating, viewers)
order by workspace_id, kind, video_id, question_id, rating, option_id;
