-- One row per quiz question and option, offered or answered: who chose it, and whether it lures (rule 44).
{{ config(materialized='table') }}

with

questions as (

    select * from {{ ref('int_asked_questions') }}
    where kind = 'quiz'

),

options as (

    select * from {{ ref('int_question_options') }}

),

answers as (

    select * from {{ ref('int_graded_answers') }}
    where kind = 'quiz' and question_id is not null

),

chosen as (

    select
        answers.question_key,
        answers.viewer_id,
        answers.attempt_number,
        answers.is_correct,
        chosen_options.option_id
    from answers
    inner join {{ ref('int_chosen_options') }} as chosen_options on answers.answer_id = chosen_options.answer_id

),

choices as (

    select
        question_key,
        option_id,
        count(*) as chosen_count,
        count(distinct viewer_id) as viewers,
        count(*) filter (where attempt_number = 1) as first_viewers,
        count(*) filter (where attempt_number = 1 and not is_correct) as wrong_first_viewers
    from chosen
    group by question_key, option_id

),

answered as (

    select
        question_key,
        count(*) filter (where attempt_number = 1) as answered_viewers,
        count(*) filter (where attempt_number = 1 and not is_correct) as wrong_viewers
    from answers
    group by question_key

),

keys as (

    select
        questions.question_key,
        options.option_id
    from questions
    inner join options on questions.workspace_id = options.workspace_id and questions.question_id = options.question_id
    where questions.is_in_catalog and options.is_offered

    union

    select question_key, option_id from choices

),

described as (

    select
        questions.question_key,
        questions.workspace_id,
        questions.video_id,
        questions.question_id,
        keys.option_id,
        options.text,
        options.option_id is not null as is_in_catalog,
        coalesce(options.is_offered, false) as is_offered,
        -- where one option is right, an offered one that is not said to be is wrong
        case
            when options.is_correct is not null then options.is_correct
            when options.is_offered and questions.correct_option_count > 0 then false
        end as is_correct,
        coalesce(choices.chosen_count, 0) as chosen_count,
        coalesce(choices.viewers, 0) as viewers,
        coalesce(choices.first_viewers, 0) as first_viewers,
        coalesce(choices.wrong_first_viewers, 0) as wrong_first_viewers,
        coalesce(answered.answered_viewers, 0) as answered_viewers,
        coalesce(answered.wrong_viewers, 0) as wrong_viewers
    from keys
    inner join questions on keys.question_key = questions.question_key
    left join options
        on
            questions.is_in_catalog
            and questions.workspace_id = options.workspace_id
            and questions.question_id = options.question_id
            and keys.option_id = options.option_id
    left join choices on keys.question_key = choices.question_key and keys.option_id = choices.option_id
    left join answered on keys.question_key = answered.question_key

),

-- what each wrong option would get if those who were wrong had spread evenly
even_shares as (

    select
        question_key,
        cast(sum(wrong_first_viewers) as double) / count(*) / nullif(max(wrong_viewers), 0) as even_share
    from described
    where is_offered and not is_correct
    group by question_key

),

final as (

    select
        ---------- grain
        described.workspace_id,
        described.video_id,
        described.question_id,
        described.option_id,

        ---------- what it says
        described.text,
        described.is_in_catalog,
        described.is_offered,
        described.is_correct,

        ---------- who chose it
        described.chosen_count,
        described.viewers,
        described.first_viewers,
        described.answered_viewers,
        cast(described.first_viewers as double) / nullif(described.answered_viewers, 0) as share,
        {{ wilson_interval('described.first_viewers', 'described.answered_viewers', 'low') }} as share_low,
        {{ wilson_interval('described.first_viewers', 'described.answered_viewers', 'high') }} as share_high,

        ---------- whether it lures
        described.wrong_first_viewers,
        described.wrong_viewers,
        cast(described.wrong_first_viewers as double) / nullif(described.wrong_viewers, 0) as share_of_wrong,
        case when described.is_offered and not described.is_correct then even_shares.even_share end as even_share,
        case
            when described.is_correct then false
            when described.is_offered and not described.is_correct and described.wrong_viewers > 0
                then {{ wilson_interval('described.wrong_first_viewers', 'described.wrong_viewers', 'low') }} > even_shares.even_share
        end as is_distractor

    from described
    left join even_shares on described.question_key = even_shares.question_key

)

select * from final
