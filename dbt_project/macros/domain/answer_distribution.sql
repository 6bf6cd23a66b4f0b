{# How the latest answers of each viewer spread over the options of questions (CTEs `keys` to `described`): one row per question and option,
   offered or chosen. `questions` and `answers` are CTEs of the calling model. #}
{% macro answer_distribution() -%}
options as (

    select * from {{ ref('int_question_options') }}

),

chosen as (

    select
        answers.question_key,
        answers.is_last_attempt,
        chosen_options.option_id,
        chosen_options.rating_thousandths
    from answers
    inner join {{ ref('int_chosen_options') }} as chosen_options on answers.answer_id = chosen_options.answer_id

),

choices as (

    select
        question_key,
        option_id,
        max(rating_thousandths) as rating_thousandths,
        count(*) as chosen_count,
        count(*) filter (where is_last_attempt) as viewers
    from chosen
    group by question_key, option_id

),

answered as (

    select
        question_key,
        count(*) filter (where is_last_attempt) as answered_viewers
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

    select
        choices.question_key,
        choices.option_id
    from choices

),

described as (

    select
        questions.workspace_id,
        questions.video_id,
        questions.question_id,
        keys.option_id,
        questions.text as question_text,
        options.text as option_text,
        options.option_id is not null as is_in_catalog,
        coalesce(options.is_offered, false) as is_offered,
        coalesce(options.rating_thousandths, choices.rating_thousandths) as rating_thousandths,
        coalesce(choices.chosen_count, 0) as chosen_count,
        coalesce(choices.viewers, 0) as viewers,
        coalesce(answered.answered_viewers, 0) as answered_viewers,
        cast(coalesce(choices.viewers, 0) as double) / nullif(answered.answered_viewers, 0) as share,
        {{ wilson_interval('coalesce(choices.viewers, 0)', 'answered.answered_viewers', 'low') }} as share_low,
        {{ wilson_interval('coalesce(choices.viewers, 0)', 'answered.answered_viewers', 'high') }} as share_high
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

)
{%- endmacro %}
