-- One row per answer and distinct option it chose: the catalog's, by id or else by its words, or what was answered instead (rule 41).
{{ config(materialized='table') }}

with

chosen as (

    select
        answer_options.answer_id,
        answer_options.chosen,
        asking_elements.workspace_id,
        case when asking_elements.is_in_catalog then asking_elements.question_id end as catalog_question_id
    from {{ ref('int_answer_options') }} as answer_options
    left join {{ ref('int_asking_elements') }} as asking_elements on answer_options.element_key = asking_elements.element_key

),

options as (

    select * from {{ ref('int_question_options') }}

),

matched as (

    select
        chosen.answer_id,
        coalesce(by_id.option_id, by_text.option_id, chosen.chosen) as option_id,
        coalesce(by_id.is_offered, by_text.is_offered, false) as is_offered,
        coalesce(by_id.is_offered and by_id.is_correct, by_text.is_offered and by_text.is_correct, false) as is_right,
        case
            when by_id.option_id is not null then by_id.rating_thousandths
            when by_text.option_id is not null then by_text.rating_thousandths
            else {{ scaled_integer(number_from_text('chosen.chosen'), 1000) }}
        end as rating_thousandths
    from chosen
    left join options as by_id
        on
            chosen.workspace_id = by_id.workspace_id
            and chosen.catalog_question_id = by_id.question_id
            and chosen.chosen = by_id.option_id
    left join options as by_text
        on
            chosen.workspace_id = by_text.workspace_id
            and chosen.catalog_question_id = by_text.question_id
            and chosen.chosen = {{ trimmed('by_text.text') }}
            and by_text.is_meant_by_text
            and by_id.option_id is null

),

final as (

    select
        answer_id,
        option_id,
        bool_or(is_offered) as is_offered,
        bool_or(is_right) as is_right,
        max(rating_thousandths) as rating_thousandths
    from matched
    group by answer_id, option_id

)

select * from final
