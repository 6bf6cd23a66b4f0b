-- One row per question of the catalog, as the newest snapshot that names it writes it, with what its options say of it.
{{ config(materialized='table') }}

with

written as (

    {{ newest_versions(
        ref('stg_catalog__questions'), ['workspace_id', 'question_id'], ['video_id', 'element_id', 'text', 'topic', 'scale', 'max_score']
    ) }}

),

elements as (

    {{ newest_versions(
        ref('stg_catalog__elements'), ['workspace_id', 'video_id', 'element_id'], ['element_type']
    ) }}

),

options as (

    select
        workspace_id,
        question_id,
        count(*) as option_count,
        count(*) filter (where is_correct) as correct_option_count,
        count(*) filter (where rating_thousandths is null) as unrated_option_count,
        count(*) filter (where rating_thousandths in (0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000)) as nps_option_count,
        count(*) filter (where rating_thousandths in (1000, 2000, 3000, 4000, 5000)) as csat_option_count,
        count(distinct rating_thousandths) as rating_count
    from {{ ref('int_question_options') }}
    where is_offered
    group by workspace_id, question_id

),

final as (

    select
        written.workspace_id,
        written.question_id,
        written.video_id,
        written.element_id,
        written.text,
        written.topic,
        {{ lowercase('written.scale') }} as scale,
        case when written.max_score > 0 then written.max_score end as max_score,
        coalesce(options.option_count, 0) as option_count,
        coalesce(options.correct_option_count, 0) as correct_option_count,
        case
            when elements.element_type = 'question' then 'quiz'
            when elements.element_type in ('poll', 'survey') then elements.element_type
            when {{ lowercase('written.scale') }} in ('nps', 'csat', 'rating', 'text') then 'survey'
            when options.correct_option_count > 0 or written.max_score > 0 then 'quiz'
        end as authored_kind,
        -- what its options look like: the scale where none is authored (rule 45)
        case
            when options.option_count = 11 and options.nps_option_count = 11 and options.rating_count = 11 then 'nps'
            when options.option_count = 5 and options.csat_option_count = 5 and options.rating_count = 5 then 'csat'
            when options.unrated_option_count = 0 then 'rating'
            when options.option_count > 0 then 'choice'
        end as options_scale
    from written
    left join options on written.workspace_id = options.workspace_id and written.question_id = options.question_id
    left join elements
        on
            written.workspace_id = elements.workspace_id
            and written.video_id = elements.video_id
            and written.element_id = elements.element_id

)

select * from final
