-- One row per view (without one, session) and element that asked in it, with the question, its kind and the viewer, who is joined last.
{{ config(materialized='table') }}

with

askings as (

    select * from {{ ref('int_question_askings') }}

),

asking_elements as (

    select * from {{ ref('int_asking_elements') }}

),

views as (

    select * from {{ ref('int_views') }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

-- the viewer is that of the view, or of the session where there is no view
in_views as (

    select
        askings.*,
        views.device_id,
        views.user_id,
        views.playback_id
    from askings
    inner join views on askings.view_key = views.view_key and askings.view_started_at = views.view_started_at

),

outside_views as (

    select
        askings.*,
        sessions.device_id,
        sessions.user_id,
        sessions.playback_id
    from askings
    inner join sessions
        on askings.session_key = sessions.session_key and askings.asking_session_started_at = sessions.session_started_at
    where askings.view_key is null

),

owned as (

    select * from in_views
    union all
    select * from outside_views

),

named as (

    select
        owned.asking_key,
        owned.workspace_id,
        owned.video_id,
        owned.element_id,
        asking_elements.question_id,
        coalesce(asking_elements.is_in_catalog, false) as is_in_catalog,
        coalesce(
            owned.said_kind, asking_elements.authored_kind, owned.typed_kind, asking_elements.answered_kind, 'quiz'
        ) as kind,
        {{ viewer_id('owned', 'device_users') }} as viewer_id,
        owned.asked_at,
        owned.shown_count,
        owned.skip_count,
        owned.answer_count
    from owned
    left join asking_elements on owned.element_key = asking_elements.element_key
    left join device_users on owned.workspace_id = device_users.workspace_id and owned.device_id = device_users.device_id

),

final as (

    select
        *,
        {{ question_key('named') }} as question_key
    from named

)

select * from final
