-- One row per element that asked anybody, with the question it asks: the catalog's, or itself where the catalog names none (rule 40);
-- and per element that anybody was exposed to (rule 31) and that asks a question of the catalog.
{{ config(materialized='table') }}

with

asked as (

    select
        element_key,
        workspace_id,
        video_id,
        element_id,
        min(case when answer_count > 0 then coalesce(said_kind, typed_kind) end) as least_answer_kind,
        max(case when answer_count > 0 then coalesce(said_kind, typed_kind) end) as greatest_answer_kind
    from {{ ref('int_question_askings') }}
    where element_id is not null
    group by element_key, workspace_id, video_id, element_id

),

exposed as (

    select workspace_id, video_id, element_id
    from {{ ref('int_element_days') }}
    group by workspace_id, video_id, element_id

),

questions as (

    select * from {{ ref('int_questions') }}

),

of_video as (

    {{ newest_versions(
        ref('stg_catalog__questions'), ['workspace_id', 'video_id', 'element_id'], ['question_id']
    ) }}

),

of_any_video as (

    select * from of_video
    where video_id is null

),

elements as (

    select
        element_key,
        workspace_id,
        video_id,
        element_id,
        case when least_answer_kind = greatest_answer_kind then least_answer_kind end as answered_kind,
        true as is_asked
    from asked
    union all
    select
        {{ asking_element_key('exposed') }} as element_key,
        exposed.workspace_id,
        exposed.video_id,
        exposed.element_id,
        cast(null as {{ string_type() }}) as answered_kind,
        false as is_asked
    from exposed
    left join asked
        on
            exposed.workspace_id = asked.workspace_id
            and exposed.video_id = asked.video_id
            and exposed.element_id = asked.element_id
    where asked.element_id is null

),

resolved as (

    select
        elements.*,
        coalesce(of_video.question_id, of_any_video.question_id, named.question_id) as catalog_question_id
    from elements
    left join of_video
        on
            elements.workspace_id = of_video.workspace_id
            and elements.video_id = of_video.video_id
            and elements.element_id = of_video.element_id
    left join of_any_video on elements.workspace_id = of_any_video.workspace_id and elements.element_id = of_any_video.element_id
    left join questions as named
        on
            elements.workspace_id = named.workspace_id
            and elements.element_id = named.question_id
            and (named.video_id is null or elements.video_id = named.video_id)

),

final as (

    select
        resolved.element_key,
        resolved.workspace_id,
        resolved.video_id,
        resolved.element_id,
        coalesce(resolved.catalog_question_id, resolved.element_id) as question_id,
        resolved.catalog_question_id is not null as is_in_catalog,
        questions.authored_kind,
        resolved.answered_kind
    from resolved
    left join questions on resolved.workspace_id = questions.workspace_id and resolved.catalog_question_id = questions.question_id
    where resolved.is_asked or resolved.catalog_question_id is not null

)

select * from final
