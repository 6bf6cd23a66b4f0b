-- One row per topic that a quiz question of the catalog is about: who knows it, and who lacks it (rule 48).
{{ config(materialized='table') }}

with

questions as (

    select * from {{ ref('int_asked_questions') }}
    where kind = 'quiz' and topic is not null

),

learner_questions as (

    select * from {{ ref('int_learner_questions') }}
    where topic is not null and is_last_correct is not null

),

gaps as (

    select * from {{ ref('knowledge_gap') }}

),

topics as (

    select
        workspace_id,
        topic,
        count(*) as question_count,
        count(distinct video_id) as video_count
    from questions
    group by workspace_id, topic

),

answered as (

    select
        workspace_id,
        topic,
        count(*) as graded_answer_count,
        count(*) filter (where is_last_correct) as correct_answer_count
    from learner_questions
    group by workspace_id, topic

),

learners as (

    select
        workspace_id,
        topic,
        count(*) as learners,
        count(*) filter (where is_gap is not null) as judged_learners,
        count(*) filter (where is_gap) as gap_learners
    from gaps
    group by workspace_id, topic

),

final as (

    select
        ---------- grain
        topics.workspace_id,
        topics.topic,

        ---------- how much of it
        topics.question_count,
        topics.video_count,

        ---------- who knows it
        coalesce(learners.learners, 0) as learners,
        coalesce(answered.graded_answer_count, 0) as graded_answer_count,
        coalesce(answered.correct_answer_count, 0) as correct_answer_count,
        cast(answered.correct_answer_count as double) / nullif(answered.graded_answer_count, 0) as share_correct,
        {{ wilson_interval('answered.correct_answer_count', 'answered.graded_answer_count', 'low') }} as share_correct_low,
        {{ wilson_interval('answered.correct_answer_count', 'answered.graded_answer_count', 'high') }} as share_correct_high,

        ---------- who lacks it
        coalesce(learners.judged_learners, 0) as judged_learners,
        coalesce(learners.gap_learners, 0) as gap_learners,
        cast(learners.gap_learners as double) / nullif(learners.judged_learners, 0) as gap_rate,
        {{ wilson_interval('answered.correct_answer_count', 'answered.graded_answer_count', 'high') }}
        < {{ var('knowledge_gap_share') }} as is_gap

    from topics
    left join answered on topics.workspace_id = answered.workspace_id and topics.topic = answered.topic
    left join learners on topics.workspace_id = learners.workspace_id and topics.topic = learners.topic

)

select * from final
