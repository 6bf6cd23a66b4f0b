-- One row per survey response: who said what, free text kept whole (rule 46).
{{ config(materialized='table') }}

with

answers as (

    select * from {{ ref('int_graded_answers') }}
    where kind = 'survey'

),

questions as (

    select * from {{ ref('int_asked_questions') }}

),

views as (

    select view_key, view_started_at, view_id from {{ ref('int_views') }}

),

final as (

    select
        ---------- ids
        answers.answer_id as response_id,
        views.view_id,
        answers.workspace_id,
        answers.source,
        answers.viewer_id,

        ---------- when and where
        answers.occurred_at,
        answers.occurred_date,
        answers.video_id,
        answers.node_id,
        answers.position_seconds,

        ---------- what was asked
        answers.element_id,
        answers.question_id,
        questions.text as question_text,
        questions.scale,

        ---------- what was said
        answers.response,
        {{ joined_texts('answers.response') }} as response_text,
        cast(answers.rating_thousandths as double) / 1000 as rating,
        answers.is_last_attempt as is_latest_of_viewer,
        answers.seconds_to_answer

    from answers
    left join questions on answers.question_key = questions.question_key
    left join views on answers.view_key = views.view_key and answers.view_started_at = views.view_started_at

)

select * from final
