-- One row per poll and option, offered or answered: how many chose it with the latest answer they gave (rule 45).
{{ config(materialized='table') }}

with

questions as (

    select * from {{ ref('int_asked_questions') }}
    where kind = 'poll'

),

answers as (

    select * from {{ ref('int_graded_answers') }}
    where kind = 'poll' and question_id is not null

),

{{ answer_distribution() }},

final as (

    select
        workspace_id,
        video_id,
        question_id,
        option_id,
        question_text,
        option_text,
        is_in_catalog,
        is_offered,
        chosen_count,
        viewers,
        answered_viewers,
        share,
        share_low,
        share_high
    from described

)

select * from final
