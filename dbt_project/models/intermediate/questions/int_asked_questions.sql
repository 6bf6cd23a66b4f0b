-- One row per question of a video and kind (quiz, poll, survey) that anybody was exposed to or the catalog holds, with what is known of it.
{{ config(materialized='table') }}

with

exposed as (

    select
        question_key,
        workspace_id,
        video_id,
        question_id,
        kind,
        bool_or(is_in_catalog) as is_in_catalog,
        min(element_id) as element_id
    from {{ ref('int_question_exposures') }}
    group by question_key, workspace_id, video_id, question_id, kind

),

answered as (

    select
        question_key,
        max(case when max_score > 0 then max_score end) as max_score,
        count(score_share) as graded_answer_count,
        count(*) filter (where rating_thousandths is not null) as rated_answer_count,
        count(*) filter (where rating_thousandths is null and response is not null) as unrated_answer_count
    from {{ ref('int_graded_answers') }}
    group by question_key

),

questions as (

    select * from {{ ref('int_questions') }}

),

authored as (

    select
        questions.workspace_id,
        questions.video_id,
        questions.question_id,
        questions.authored_kind as kind,
        true as is_in_catalog,
        questions.element_id
    from questions
    where
        questions.authored_kind is not null
        and not exists (
            select 1 from exposed
            where
                exposed.is_in_catalog
                and exposed.workspace_id = questions.workspace_id
                and exposed.question_id = questions.question_id
                and exposed.kind = questions.authored_kind
                and (questions.video_id is null or exposed.video_id = questions.video_id)
        )

),

keys as (

    select question_key, workspace_id, video_id, question_id, kind, is_in_catalog, element_id from exposed
    union all
    select
        {{ question_key('authored') }} as question_key,
        workspace_id,
        video_id,
        question_id,
        kind,
        is_in_catalog,
        element_id
    from authored

),

final as (

    select
        keys.question_key,
        keys.workspace_id,
        keys.video_id,
        keys.question_id,
        keys.kind,
        keys.is_in_catalog,
        coalesce(questions.element_id, keys.element_id) as element_id,
        questions.text,
        questions.topic,
        coalesce(questions.max_score, answered.max_score) as max_score,
        coalesce(questions.option_count, 0) as option_count,
        coalesce(questions.correct_option_count, 0) as correct_option_count,
        coalesce(questions.correct_option_count > 0, false) or coalesce(answered.graded_answer_count > 0, false) as is_gradable,
        case
            when keys.kind <> 'survey' then null
            when questions.scale in ('nps', 'csat', 'rating', 'text') then questions.scale
            when questions.options_scale is not null then questions.options_scale
            when answered.unrated_answer_count > 0 then 'text'
            when answered.rated_answer_count > 0 then 'rating'
        end as scale
    from keys
    left join questions
        on keys.is_in_catalog and keys.workspace_id = questions.workspace_id and keys.question_id = questions.question_id
    left join answered on keys.question_key = answered.question_key

)

select * from final
