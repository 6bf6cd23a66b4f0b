-- One row per contact that may be exported and video they loaded: how much of it they watched and did.
{{ config(materialized='table') }}

with

contacts as (

    select * from {{ ref('dim_contact') }}
    where may_be_exported

),

videos as (

    select * from {{ ref('dim_video') }}

),

progress as (

    select * from {{ ref('learner_progress') }}

),

views as (

    select
        workspace_id,
        viewer_id,
        video_id,
        count(*) as view_count,
        count(*) filter (where is_played) as play_count,
        {{ rounded_seconds('sum(watch_seconds)') }} as watch_seconds,
        max(percent_watched) as percent_watched,
        -- where the catalog leaves open what was required, the emitter's word counts
        count(*) filter (where coalesce(is_completed, is_completed_by_event)) as completed_view_count,
        min(started_at) as first_viewed_at,
        max(ended_at) as last_viewed_at
    from {{ ref('fct_view') }}
    group by workspace_id, viewer_id, video_id

),

interactions as (

    select
        workspace_id,
        viewer_id,
        video_id,
        count(*) as interaction_count,
        count(*) filter (where {{ leads_outside('interaction_type') }}) as outbound_click_count,
        count(*) filter (where interaction_type = 'form_submit') as form_count
    from {{ ref('fct_interaction') }}
    group by workspace_id, viewer_id, video_id

),

described as (

    select
        ---------- ids
        {{ public_key(['contacts.workspace_id', 'contacts.user_id', 'views.video_id']) }} as external_id,
        {{ public_key(['contacts.workspace_id', 'contacts.user_id']) }} as contact_external_id,
        contacts.workspace_id,
        views.video_id,
        videos.title as video_title,

        ---------- watching
        views.view_count,
        views.play_count,
        views.watch_seconds,
        views.percent_watched,
        views.completed_view_count,
        views.first_viewed_at,
        views.last_viewed_at,

        ---------- doing
        coalesce(interactions.interaction_count, 0) as interaction_count,
        coalesce(interactions.outbound_click_count, 0) as outbound_click_count,
        coalesce(interactions.form_count, 0) as form_count,

        ---------- learning
        progress.status as learner_status,
        progress.best_score

    from contacts
    inner join views on contacts.workspace_id = views.workspace_id and contacts.viewer_id = views.viewer_id
    left join videos on views.workspace_id = videos.workspace_id and views.video_id = videos.video_id
    left join interactions
        on
            views.workspace_id = interactions.workspace_id
            and views.viewer_id = interactions.viewer_id
            and views.video_id = interactions.video_id
    left join progress
        on
            views.workspace_id = progress.workspace_id
            and views.viewer_id = progress.viewer_id
            and views.video_id = progress.video_id

),

final as (

    select
        *,
        {{ record_hash(
            texts=['video_title', 'learner_status'],
            numbers=[
                'view_count', 'play_count', 'watch_seconds', 'percent_watched', 'completed_view_count', 'interaction_count',
                'outbound_click_count', 'form_count', 'best_score',
            ],
            times=['first_viewed_at', 'last_viewed_at'],
        ) }} as record_hash
    from described

)

select * from final
