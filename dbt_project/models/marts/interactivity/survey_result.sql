-- One row per survey question that the catalog holds or anybody was asked: how many answered, and what they say on its scale (rule 46).
{{ config(materialized='table') }}

with

questions as (

    select * from {{ ref('int_asked_questions') }}
    where kind = 'survey'

),

question_exposures as (

    select * from {{ ref('int_question_exposures') }}
    where kind = 'survey'

),

answers as (

    select * from {{ ref('int_graded_answers') }}
    where kind = 'survey' and question_id is not null

),

exposures as (

    select
        question_key,
        count(*) as exposed_viewers
    from question_exposures
    group by question_key

),

responses as (

    select
        question_key,
        count(*) as response_count,
        count(*) filter (where is_last_attempt) as answered_viewers,
        min(occurred_at) as first_answered_at,
        max(occurred_at) as last_answered_at
    from answers
    group by question_key

),

-- the latest answer of each viewer, where it lies on the scale
ratings as (

    select
        answers.question_key,
        answers.rating_thousandths
    from answers
    inner join questions on answers.question_key = questions.question_key
    where
        answers.is_last_attempt
        and (
            questions.scale = 'rating'
            or (questions.scale = 'nps' and answers.rating_thousandths between 0 and 10000)
            or (questions.scale = 'csat' and answers.rating_thousandths between 1000 and 5000)
        )

),

rated as (

    select
        question_key,
        count(rating_thousandths) as rated_viewers,
        sum(rating_thousandths) as rating_thousandths,
        count(*) filter (where rating_thousandths >= 9000) as promoters,
        count(*) filter (where rating_thousandths > 6000 and rating_thousandths < 9000) as passives,
        count(*) filter (where rating_thousandths <= 6000) as detractors,
        count(*) filter (where rating_thousandths >= 4000) as satisfied
    from ratings
    group by question_key

),

final as (

    select
        ---------- grain
        questions.workspace_id,
        questions.video_id,
        questions.question_id,

        ---------- what it asks
        questions.element_id,
        questions.text,
        questions.topic,
        questions.scale,
        questions.is_in_catalog,

        ---------- who answered
        coalesce(exposures.exposed_viewers, 0) as exposed_viewers,
        coalesce(responses.response_count, 0) as response_count,
        coalesce(responses.answered_viewers, 0) as answered_viewers,
        cast(coalesce(responses.answered_viewers, 0) as double) / nullif(exposures.exposed_viewers, 0) as response_rate,
        coalesce(rated.rated_viewers, 0) as rated_viewers,

        ---------- what they say
        cast(rated.rating_thousandths as double) / nullif(rated.rated_viewers, 0) / 1000 as rating_mean,
        case when questions.scale = 'nps' then coalesce(rated.promoters, 0) end as promoters,
        case when questions.scale = 'nps' then coalesce(rated.passives, 0) end as passives,
        case when questions.scale = 'nps' then coalesce(rated.detractors, 0) end as detractors,
        case when questions.scale = 'nps'
            then 100 * cast(rated.promoters - rated.detractors as double) / nullif(rated.rated_viewers, 0) end as nps,
        case when questions.scale = 'csat' then coalesce(rated.satisfied, 0) end as satisfied,
        case when questions.scale = 'csat' then cast(rated.satisfied as double) / nullif(rated.rated_viewers, 0) end as csat,
        case when questions.scale = 'csat' then {{ wilson_interval('rated.satisfied', 'rated.rated_viewers', 'low') }} end as csat_low,
        case when questions.scale = 'csat' then {{ wilson_interval('rated.satisfied', 'rated.rated_viewers', 'high') }} end as csat_high,

        ---------- when
        responses.first_answered_at,
        responses.last_answered_at

    from questions
    left join exposures on questions.question_key = exposures.question_key
    left join responses on questions.question_key = responses.question_key
    left join rated on questions.question_key = rated.question_key

)

select * from final
