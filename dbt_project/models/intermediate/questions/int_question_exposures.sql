-- One row per question and viewer who was exposed to it: whom an event asked, or who met an element that asks it (rule 40).
{{ config(materialized='table') }}

with

askings as (

    select * from {{ ref('int_viewer_askings') }}
    where question_id is not null

),

asking_elements as (

    select * from {{ ref('int_asking_elements') }}
    where is_in_catalog

),

exposures as (

    select * from {{ ref('int_exposures') }}

),

views as (

    select * from {{ ref('int_views') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

asked as (

    select
        workspace_id,
        video_id,
        element_id,
        viewer_id
    from askings
    group by workspace_id, video_id, element_id, viewer_id

),

asked_kinds as (

    select
        workspace_id,
        video_id,
        element_id,
        case when min(kind) = max(kind) then min(kind) end as kind
    from askings
    group by workspace_id, video_id, element_id

),

owned as (

    select
        asking_elements.workspace_id,
        asking_elements.video_id,
        asking_elements.element_id,
        asking_elements.question_id,
        asking_elements.authored_kind,
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from exposures
    inner join asking_elements
        on
            exposures.workspace_id = asking_elements.workspace_id
            and exposures.video_id = asking_elements.video_id
            and exposures.element_id = asking_elements.element_id
    inner join views on exposures.view_key = views.view_key and exposures.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id

),

-- whom no event asked by the element
unasked as (

    select
        owned.workspace_id,
        owned.video_id,
        owned.element_id,
        owned.question_id,
        owned.viewer_id,
        coalesce(owned.authored_kind, asked_kinds.kind) as kind
    from owned
    left join asked
        on
            owned.workspace_id = asked.workspace_id
            and owned.video_id = asked.video_id
            and owned.element_id = asked.element_id
            and owned.viewer_id = asked.viewer_id
    left join asked_kinds
        on
            owned.workspace_id = asked_kinds.workspace_id
            and owned.video_id = asked_kinds.video_id
            and owned.element_id = asked_kinds.element_id
    where asked.viewer_id is null

),

met as (

    select
        question_key,
        workspace_id,
        video_id,
        question_id,
        kind,
        is_in_catalog,
        element_id,
        viewer_id,
        skip_count,
        answer_count
    from askings
    union all
    select
        {{ question_key('unasked') }} as question_key,
        workspace_id,
        video_id,
        question_id,
        kind,
        true as is_in_catalog,
        element_id,
        viewer_id,
        0 as skip_count,
        0 as answer_count
    from unasked
    where kind is not null

),

final as (

    select
        question_key,
        workspace_id,
        video_id,
        question_id,
        kind,
        bool_or(is_in_catalog) as is_in_catalog,
        min(element_id) as element_id,
        viewer_id,
        cast(sum(skip_count) as bigint) as skip_count,
        cast(sum(answer_count) as bigint) as answer_count
    from met
    group by question_key, workspace_id, video_id, question_id, kind, viewer_id

)

select * from final
