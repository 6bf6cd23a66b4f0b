-- One row per answer, with its question, its viewer, which attempt it is and what it is worth (rules 41 and 42).
{{ config(materialized='table') }}

with

answers as (

    select * from {{ ref('int_answers') }}

),

askings as (

    select * from {{ ref('int_viewer_askings') }}

),

questions as (

    select * from {{ ref('int_questions') }}

),

choices as (

    select
        answer_id,
        count(*) as chosen_count,
        count(*) filter (where is_right) as right_count,
        case when count(*) = 1 then max(rating_thousandths) end as rating_thousandths
    from {{ ref('int_chosen_options') }}
    group by answer_id

),

named as (

    select
        answers.*,
        askings.question_id,
        askings.kind,
        askings.question_key,
        askings.viewer_id,
        askings.is_in_catalog,
        questions.correct_option_count,
        coalesce(choices.chosen_count, 0) as chosen_count,
        coalesce(choices.right_count, 0) as right_count,
        choices.rating_thousandths,
        coalesce(case when answers.max_score > 0 then answers.max_score end, questions.max_score) as known_max_score
    from answers
    inner join askings on answers.asking_key = askings.asking_key
    left join questions
        on askings.is_in_catalog and answers.workspace_id = questions.workspace_id and askings.question_id = questions.question_id
    left join choices on answers.answer_id = choices.answer_id

),

numbered as (

    select
        *,
        row_number() over (partition by question_key, viewer_id order by {{ event_order() }}) as attempt_number,
        count(*) over (partition by question_key, viewer_id) as attempt_count
    from named

),

judged as (

    select
        *,
        case
            when is_correct is not null then is_correct
            when score is not null and known_max_score is not null then score >= known_max_score
            when correct_option_count > 0 and response is not null
                then chosen_count = correct_option_count and right_count = correct_option_count
        end as is_right
    from numbered

),

scored as (

    select
        *,
        case
            when score is not null then score
            when is_right then known_max_score
            when not is_right and known_max_score is not null then 0
        end as known_score
    from judged

),

final as (

    select
        ---------- ids
        answer_id,
        question_key,
        workspace_id,
        video_id,
        question_id,
        kind,
        is_in_catalog,
        viewer_id,
        view_key,
        view_started_at,
        session_key,
        session_started_at,

        ---------- when and where
        occurred_at,
        occurred_date,
        source,
        node_id,
        position_seconds,
        element_id,

        ---------- what
        response,
        chosen_count,
        rating_thousandths,
        seconds_to_answer,

        ---------- attempts
        attempt_number,
        attempt_number = attempt_count as is_last_attempt,

        ---------- worth
        is_right as is_correct,
        known_score as score,
        known_max_score as max_score,
        case
            when known_score is not null and known_max_score is not null
                then {{ rounded_share('least(greatest(known_score / known_max_score, 0), 1)') }}
            when is_right then 1
            when not is_right then 0
        end as score_share

    from scored

)

select * from final
