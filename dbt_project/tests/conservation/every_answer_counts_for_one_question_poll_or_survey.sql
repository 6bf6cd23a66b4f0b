-- Every answer a person gave is an attempt at one quiz question, a vote or a survey response; only one without a question is in no result.
with

given as (

    select
        workspace_id,
        count(*) as answer_count
    from {{ ref('fct_interaction') }}
    where interaction_type in ('question_answer', 'poll_answer', 'survey_response')
    group by workspace_id

),

counted as (

    select workspace_id, answer_count from {{ ref('question_result') }}
    union all
    select workspace_id, response_count as answer_count from {{ ref('survey_result') }}
    union all
    select workspace_id, 1 as answer_count from {{ ref('int_graded_answers') }}
    where kind = 'poll' or question_id is null

),

results as (

    select
        workspace_id,
        sum(answer_count) as answer_count
    from counted
    group by workspace_id

)

select
    given.workspace_id,
    given.answer_count,
    results.answer_count as counted_answers
from given
left join results on given.workspace_id = results.workspace_id
where given.answer_count <> coalesce(results.answer_count, 0)
