-- One row per survey question with options and option, offered or answered: how many gave it as their latest answer (rule 46).
{{ config(materialized='table') }}

with

questions as (

    select * from {{ ref('int_asked_questions') }}
    where kind = 'survey' and (scale is null or scale <> 'text')

),

answers as (

    select graded.* from {{ ref('int_graded_answers') }} as graded
    inner join questions on graded.question_key = questions.question_key

),

{{ answer_distribution() }},

final as (

    select
        workspace_id,
        video_id,
        question_id,
        option_id,
        option_text,
        is_in_catalog,
        is_offered,
        cast(rating_thousandths as double) / 1000 as rating,
        chosen_count,
        viewers,
        answered_viewers,
        share,
        share_low,
        share_high
    from described

)

select * from final
