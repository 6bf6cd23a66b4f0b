-- One row per question that got answers in viewers' own words which are not listed: how many different ones.
with

chosen as (

    select 'quiz' as kind, workspace_id, video_id, question_id, is_in_catalog, null::double as rating, first_viewers as viewers
    from interactivity.option_result
    union all
    select 'poll', workspace_id, video_id, question_id, is_in_catalog, null, viewers from interactivity.poll_result
    union all
    select 'survey', workspace_id, video_id, question_id, is_in_catalog, rating, viewers from interactivity.survey_distribution

)

select
    workspace_id,
    kind,
    video_id,
    question_id,
    count(*) as answer_count
from chosen
where not is_listed_answer(is_in_catalog, rating, viewers)
group by workspace_id, kind, video_id, question_id
order by workspace_id, kind, video_id, question_id;
