-- Every option that a first answer to a quiz question chose is counted for one viewer: none is lost between answers and results.
with

first_choices as (

    select
        workspace_id,
        video_id,
        question_id,
        sum(chosen_count) as choice_count
    from {{ ref('int_graded_answers') }}
    where kind = 'quiz' and attempt_number = 1 and question_id is not null
    group by workspace_id, video_id, question_id

),

results as (

    select
        workspace_id,
        video_id,
        question_id,
        sum(first_viewers) as choice_count
    from {{ ref('option_result') }}
    group by workspace_id, video_id, question_id

)

select
    first_choices.question_id,
    first_choices.choice_count,
    results.choice_count as counted_choices
from first_choices
left join results
    on
        first_choices.workspace_id = results.workspace_id
        and first_choices.video_id is not distinct from results.video_id
        and first_choices.question_id = results.question_id
where first_choices.choice_count <> coalesce(results.choice_count, 0)
