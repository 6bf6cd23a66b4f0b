-- One row per viewer and quiz question that can be graded: the best and the latest of what the viewer got for it (rule 47).
{{ config(materialized='table') }}

with

questions as (

    select * from {{ ref('int_asked_questions') }}
    where kind = 'quiz' and is_gradable

),

askings as (

    select * from {{ ref('int_viewer_askings') }}
    where kind = 'quiz'

),

answers as (

    select * from {{ ref('int_graded_answers') }}
    where kind = 'quiz'

),

asked as (

    select
        question_key,
        viewer_id,
        sum(answer_count) as answer_count
    from askings
    group by question_key, viewer_id

),

graded as (

    select
        *,
        row_number() over (partition by question_key, viewer_id order by attempt_number desc) as recency
    from answers
    where score_share is not null

),

worth as (

    select
        question_key,
        viewer_id,
        max(score_share) as best_share,
        max(case when recency = 1 then score_share end) as last_share,
        bool_or(recency = 1 and is_correct) as is_last_correct,
        count(*) as graded_answer_count
    from graded
    group by question_key, viewer_id

),

final as (

    select
        questions.question_key,
        questions.workspace_id,
        questions.video_id,
        questions.question_id,
        questions.topic,
        asked.viewer_id,
        coalesce(questions.max_score, 1) as points,
        cast(asked.answer_count as bigint) as answer_count,
        coalesce(worth.graded_answer_count, 0) as graded_answer_count,
        worth.best_share,
        worth.last_share,
        worth.is_last_correct
    from questions
    inner join asked on questions.question_key = asked.question_key
    left join worth on asked.question_key = worth.question_key and asked.viewer_id = worth.viewer_id

)

select * from final
