-- One row per learner and topic that they answered a graded question of: what they know by their latest answers (rule 48).
{{ config(materialized='table') }}

with

learner_questions as (

    select * from {{ ref('int_learner_questions') }}
    where topic is not null and is_last_correct is not null

),

counted as (

    select
        workspace_id,
        viewer_id,
        topic,
        count(*) as answered_question_count,
        count(*) filter (where is_last_correct) as correct_question_count
    from learner_questions
    group by workspace_id, viewer_id, topic

),

final as (

    select
        workspace_id,
        viewer_id,
        topic,
        answered_question_count,
        correct_question_count,
        cast(correct_question_count as double) / answered_question_count as share_correct,
        case
            when answered_question_count >= {{ var('knowledge_gap_min_answers') }}
                then cast(correct_question_count as double) / answered_question_count < {{ var('knowledge_gap_share') }}
        end as is_gap
    from counted

)

select * from final
