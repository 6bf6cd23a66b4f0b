-- One row per viewer of a session or a view: a user, or where nobody is known a device, or a bare playback.
{{ config(materialized='table') }}

with

sessions as (

    select
        workspace_id,
        viewer_id,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at,
        count(*) as session_count
    from {{ ref('fct_session') }}
    group by workspace_id, viewer_id

),

views as (

    select
        workspace_id,
        viewer_id,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at,
        count(*) as view_count,
        count(*) filter (where is_played) as play_count
    from {{ ref('fct_view') }}
    group by workspace_id, viewer_id

),

contacts as (

    {{ newest_versions(ref('stg_catalog__contacts'), ['workspace_id', 'user_id'], ['account_id', 'consent_marketing']) }}

),

keys as (

    select workspace_id, viewer_id from sessions
    union
    select workspace_id, viewer_id from views

),

viewers as (

    select
        workspace_id,
        viewer_id,
        split_part(viewer_id, ':', 1) as viewer_kind,
        case when viewer_id like 'user:%' then substr(viewer_id, 6) end as user_id
    from keys

),

final as (

    select
        viewers.workspace_id,
        viewers.viewer_id,
        viewers.viewer_kind,
        viewers.user_id,
        -- least and greatest pass over a null
        least(sessions.first_seen_at, views.first_seen_at) as first_seen_at,
        greatest(sessions.last_seen_at, views.last_seen_at) as last_seen_at,
        coalesce(sessions.session_count, 0) as session_count,
        coalesce(views.view_count, 0) as view_count,
        coalesce(views.play_count, 0) > 0 as has_played,
        contacts.user_id is not null as is_contact,
        contacts.account_id,
        contacts.consent_marketing
    from viewers
    left join sessions on viewers.workspace_id = sessions.workspace_id and viewers.viewer_id = sessions.viewer_id
    left join views on viewers.workspace_id = views.workspace_id and viewers.viewer_id = views.viewer_id
    left join contacts on viewers.workspace_id = contacts.workspace_id and viewers.user_id = contacts.user_id

)

select * from final
