-- One row per event, funnel and step that the event takes (rule 61), with a number that orders what its viewer took. Rebuilt in each run:
-- a changed goal looks back over everything, and so does a device that turned out to be somebody's.
{{ config(materialized='table') }}
{% set order_columns = ['occurred_at', 'sequence_number', 'event_id', 'source', 'event_date'] %}
with

steps as (

    select * from {{ ref('int_funnel_steps') }}

),

views as (

    select view_key, view_started_at, user_id from {{ ref('int_views') }}

),

sessions as (

    select session_key, session_started_at, workspace_id, device_id, user_id, playback_id from {{ ref('int_sessions') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

milestones as (

    select * from {{ ref('int_milestones') }}

),

-- an event is what its type says, and may be an interaction and an outbound click besides
kinds as (

    select *, event_type as kind from milestones
    union all
    select *, 'interaction' as kind from milestones
    where is_interaction
    union all
    select *, 'outbound_click' as kind from milestones
    where is_outbound

),

asked_for as (

    select * from kinds
    where kind in (select steps.event_type from steps)

),

-- the viewer is that of the view, or of the session where there is no view (rule 24)
owners as (

    select
        asked_for.*,
        sessions.workspace_id,
        sessions.device_id,
        sessions.playback_id,
        case when views.view_key is not null then views.user_id else sessions.user_id end as user_id
    from asked_for
    inner join sessions
        on asked_for.session_key = sessions.session_key and asked_for.session_started_at = sessions.session_started_at
    left join views on asked_for.view_key = views.view_key and asked_for.view_started_at = views.view_started_at

),

viewers as (

    select
        owners.workspace_id,
        {{ viewer_id('owners', 'device_users') }} as viewer_id,
        owners.kind,
        owners.video_id,
        owners.node_id,
        owners.element_id,
        owners.view_key,
        owners.view_started_at,
        {% for column in order_columns -%}
            owners.{{ column }},
        {% endfor -%}
        owners.next_event_type
    from owners
    left join device_users on owners.workspace_id = device_users.workspace_id and owners.device_id = device_users.device_id

),

-- an event has one number, whatever it counts as: the long texts that order events are compared once, not for every funnel
numbered as (

    select
        workspace_id,
        viewer_id,
        kind,
        video_id,
        node_id,
        element_id,
        view_key,
        view_started_at,
        occurred_at,
        next_event_type,
        rank() over (partition by workspace_id, viewer_id order by {{ event_order() }}) as event_number
    from viewers

),

taken as (

    select
        numbered.workspace_id,
        steps.goal_id,
        steps.position,
        steps.is_per_video,
        numbered.video_id,
        numbered.viewer_id,
        numbered.view_key,
        numbered.view_started_at,
        numbered.occurred_at,
        numbered.event_number,
        numbered.next_event_type
    from numbered
    inner join steps
        on
            numbered.workspace_id = steps.workspace_id
            and numbered.kind = steps.event_type
            and (steps.video_id is null or numbered.video_id = steps.video_id)
            and (steps.node_id is null or numbered.node_id = steps.node_id)
            and (steps.element_id is null or numbered.element_id = steps.element_id)

),

-- in a funnel of each video, what happens outside videos counts for all that the viewer has taken a step in
funnel_videos as (

    select workspace_id, goal_id, viewer_id, video_id from taken
    where is_per_video and video_id is not null
    group by workspace_id, goal_id, viewer_id, video_id

),

hits as (

    select
        *,
        case when is_per_video then video_id end as funnel_video_id
    from taken
    where not is_per_video or video_id is not null
    union all
    select
        taken.*,
        funnel_videos.video_id as funnel_video_id
    from taken
    inner join funnel_videos
        on
            taken.workspace_id = funnel_videos.workspace_id
            and taken.goal_id = funnel_videos.goal_id
            and taken.viewer_id = funnel_videos.viewer_id
    where taken.is_per_video and taken.video_id is null

),

final as (

    select
        ---------- keys
        {{ hash_key(['workspace_id', 'goal_id', 'funnel_video_id']) }} as funnel_key,
        {{ hash_key(['workspace_id', 'viewer_id']) }} as viewer_key,
        -- an event that takes several steps of a funnel takes the later ones first: it is no way from one to the other
        cast(event_number * {{ max_funnel_steps() }} + {{ max_funnel_steps() }} - position as bigint) as hit_number,

        ---------- whose step it is
        workspace_id,
        goal_id,
        funnel_video_id,
        position,
        viewer_id,

        ---------- when and where
        occurred_at,
        view_key,
        view_started_at,
        next_event_type

    from hits

)

select * from final
