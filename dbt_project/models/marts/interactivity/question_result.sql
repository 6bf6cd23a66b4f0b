-- One row per quiz question of a video that the catalog holds or anybody was asked: who got it, who knew it, how hard it is (rule 43).
{{ config(materialized='table') }}

with

questions as (

    select * from {{ ref('int_asked_questions') }}
    where kind = 'quiz'

),

question_exposures as (

    select * from {{ ref('int_question_exposures') }}
    where kind = 'quiz'

),

answers as (

    select * from {{ ref('int_graded_answers') }}
    where kind = 'quiz'

),

exposures as (

    select
        question_key,
        count(*) as exposed_viewers,
        count(*) filter (where answer_count > 0) as answered_viewers,
        count(*) filter (where answer_count = 0) as skipped_viewers,
        sum(skip_count) as skip_count,
        sum(answer_count) as answer_count
    from question_exposures
    group by question_key

),

results as (

    select
        question_key,
        count(*) filter (where attempt_number = 1 and is_correct is not null) as graded_viewers,
        count(*) filter (where attempt_number = 1 and is_correct) as correct_viewers,
        count(*) filter (where is_last_attempt and is_correct is not null) as graded_last_viewers,
        count(*) filter (where is_last_attempt and is_correct) as correct_last_viewers,
        sum({{ scaled_integer('score', 1000) }}) as score_thousandths,
        count({{ scaled_integer('score', 1000) }}) as summed_score_count,
        count(score_share) as share_count,
        sum({{ scaled_integer('score_share', 1000000) }}) as share_millionths,
        {{ median_seconds('seconds_to_answer') }} as median_seconds_to_answer,
        min(occurred_at) as first_answered_at,
        max(occurred_at) as last_answered_at
    from answers
    group by question_key

),

-- item-rest correlation: does who knows the rest of the video's questions know this one
first_answers as (

    select
        question_key,
        workspace_id,
        video_id,
        viewer_id,
        case when is_correct then 1 else 0 end as correctness
    from answers
    where attempt_number = 1 and is_correct is not null and question_id is not null

),

with_rest as (

    select
        question_key,
        correctness,
        sum(correctness) over (partition by workspace_id, video_id, viewer_id) - correctness as rest_correct,
        count(*) over (partition by workspace_id, video_id, viewer_id) - 1 as rest_count
    from first_answers

),

rest_shares as (

    select
        question_key,
        correctness,
        {{ scaled_integer('cast(rest_correct as double) / rest_count', 1000000) }} as rest_millionths
    from with_rest
    where rest_count > 0

),

sums as (

    select
        question_key,
        count(*) as viewers,
        cast(count(*) as double) as n,
        cast(sum(correctness) as double) as sum_x,
        cast(sum(rest_millionths) as double) as sum_y,
        cast(sum(case when correctness = 1 then rest_millionths else 0 end) as double) as sum_xy,
        cast(sum(rest_millionths * rest_millionths) as double) as sum_yy
    from rest_shares
    group by question_key

),

discriminations as (

    select
        question_key,
        viewers,
        case
            when viewers >= {{ var('discrimination_min_viewers') }} and sum_x > 0 and sum_x < n and n * sum_yy > sum_y * sum_y
                then (n * sum_xy - sum_x * sum_y) / (sqrt(sum_x * (n - sum_x)) * sqrt(n * sum_yy - sum_y * sum_y))
        end as discrimination
    from sums

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
        questions.max_score,
        questions.is_in_catalog,

        ---------- who got it
        coalesce(exposures.exposed_viewers, 0) as exposed_viewers,
        coalesce(exposures.answered_viewers, 0) as answered_viewers,
        coalesce(exposures.skipped_viewers, 0) as skipped_viewers,
        cast(coalesce(exposures.skip_count, 0) as bigint) as skip_count,
        cast(coalesce(exposures.answer_count, 0) as bigint) as answer_count,
        cast(exposures.answered_viewers as double) / nullif(exposures.exposed_viewers, 0) as answer_rate,
        cast(exposures.answer_count as double) / nullif(exposures.answered_viewers, 0) as attempts_per_viewer,

        ---------- who knew it
        coalesce(results.graded_viewers, 0) as graded_viewers,
        coalesce(results.correct_viewers, 0) as correct_viewers,
        cast(results.correct_viewers as double) / nullif(results.graded_viewers, 0) as share_correct,
        {{ wilson_interval('results.correct_viewers', 'results.graded_viewers', 'low') }} as share_correct_low,
        {{ wilson_interval('results.correct_viewers', 'results.graded_viewers', 'high') }} as share_correct_high,
        coalesce(results.graded_last_viewers, 0) as graded_last_viewers,
        coalesce(results.correct_last_viewers, 0) as correct_last_viewers,
        cast(results.correct_last_viewers as double) / nullif(results.graded_last_viewers, 0) as share_correct_last,
        cast(results.score_thousandths as double) / nullif(results.summed_score_count, 0) / 1000 as average_score,
        cast(results.share_millionths as double) / nullif(results.share_count, 0) / 1000000 as average_score_share,
        results.median_seconds_to_answer,

        ---------- how hard it is
        1 - cast(results.correct_viewers as double) / nullif(results.graded_viewers, 0) as difficulty,
        {{ rounded_share('discriminations.discrimination') }} as discrimination,
        coalesce(discriminations.viewers, 0) as discrimination_viewers,

        ---------- when
        results.first_answered_at,
        results.last_answered_at

    from questions
    left join exposures on questions.question_key = exposures.question_key
    left join results on questions.question_key = results.question_key
    left join discriminations on questions.question_key = discriminations.question_key

)

select * from final
