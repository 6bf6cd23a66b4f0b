-- One row per session with what happened in it, but for the viewer, who is joined last (rules 8, 23).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'session_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

bounds as (

    select bounds.* from {{ ref('int_session_bounds') }} as bounds
    {{ join_stale_scopes('bounds', 'session_started_at') }}

),

events as (

    select events.* from {{ ref('int_events_sessionized') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}

),

identities as (

    -- a session key is one device, or one user, or one playback
    select
        identities.session_key,
        min(identities.workspace_id) as workspace_id,
        max(identities.device_id) as device_id,
        max(case when identities.device_id is null and identities.user_id is null then identities.playback_id end) as playback_id
    from {{ ref('events') }} as identities
    {{ join_stale_scopes('identities', 'occurred_at') }}
    group by identities.session_key

),

facts as (

    select
        session_key,
        session_started_at,
        count(*) as event_count,
        count(*) filter (where is_interaction) as interaction_count,
        min_by(user_id, {{ event_rank() }}) filter (where user_id is not null) as user_id,
        min({{ event_rank() }}) filter (where is_play and view_key is not null) as first_play,
        min(case when is_play and view_key is not null then occurred_at end) as first_played_at,
        min_by(video_id, {{ event_rank() }}) filter (where is_play and view_key is not null) as first_played_video_id
    from events
    group by session_key, session_started_at

),

after_first_play as (

    select
        events.session_key,
        events.session_started_at,
        count(*) filter (
            where
                (events.is_play and events.video_id <> facts.first_played_video_id)
                or events.event_type in ('page_view', 'conversion')
                or events.is_outbound
        ) as onward_count,
        count(*) filter (where events.is_interaction) as later_interaction_count
    from events
    inner join facts on events.session_key = facts.session_key and events.session_started_at = facts.session_started_at
    where {{ event_rank('events') }} > facts.first_play
    group by events.session_key, events.session_started_at

),

view_counts as (

    select
        view_bounds.session_key,
        view_bounds.session_started_at,
        count(*) as view_count
    from {{ ref('int_view_bounds') }} as view_bounds
    {{ join_stale_scopes('view_bounds', 'view_started_at') }}
    group by view_bounds.session_key, view_bounds.session_started_at

),

owners as (

    select
        facts.session_key,
        facts.session_started_at,
        identities.workspace_id,
        identities.device_id,
        facts.user_id,
        identities.playback_id
    from facts
    inner join identities on facts.session_key = identities.session_key

),

final as (

    select
        {{ session_id('owners', 'bounds.session_started_at') }} as session_id,
        bounds.session_key,
        bounds.session_started_at,
        bounds.session_ended_at,
        cast(bounds.session_started_at as date) as started_date,
        owners.workspace_id,
        owners.device_id,
        owners.user_id,
        owners.playback_id,
        facts.event_count,
        facts.interaction_count,
        coalesce(view_counts.view_count, 0) as view_count,
        facts.first_played_at,
        facts.first_played_video_id,
        case when facts.first_played_at is not null then coalesce(after_first_play.onward_count, 0) = 0 end as is_bounce,
        case
            when facts.first_played_at is not null
                then coalesce(after_first_play.onward_count, 0) = 0 and coalesce(after_first_play.later_interaction_count, 0) = 0
        end as is_bounce_without_interaction,
        case
            when facts.first_played_at is not null
                then
                    coalesce(after_first_play.onward_count, 0) = 0
                    and {{ seconds_between('facts.first_played_at', 'bounds.session_ended_at') }} <= {{ var('quick_bounce_seconds') }}
        end as is_quick_bounce
    from bounds
    inner join facts on bounds.session_key = facts.session_key and bounds.session_started_at = facts.session_started_at
    inner join owners on bounds.session_key = owners.session_key and bounds.session_started_at = owners.session_started_at
    left join after_first_play
        on bounds.session_key = after_first_play.session_key and bounds.session_started_at = after_first_play.session_started_at
    left join view_counts
        on bounds.session_key = view_counts.session_key and bounds.session_started_at = view_counts.session_started_at

)

select * from final
