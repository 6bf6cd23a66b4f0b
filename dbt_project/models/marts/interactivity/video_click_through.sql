-- One row per video and day (UTC, of the views' start) with an exposure to an element that leads outside, or with an interaction: who
-- clicked, and who acted after interacting.
{{ config(materialized='table') }}
with

outbound_days as (

    select * from {{ ref('int_outbound_days') }}

),

first_interactions as (

    select * from {{ ref('int_first_interactions') }}

),

conversions as (

    select * from {{ ref('int_actions') }}
    where event_type = 'conversion'

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

interacting as (

    select
        views.workspace_id,
        views.video_id,
        views.started_date,
        {{ viewer_id('views', 'device_users') }} as viewer_id,
        first_interactions.first_interacted_at
    from first_interactions
    inner join views
        on first_interactions.view_key = views.view_key and first_interactions.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id

),

converting as (

    select
        sessions.workspace_id,
        {{ viewer_id('sessions', 'device_users') }} as viewer_id,
        conversions.occurred_at
    from conversions
    inner join sessions
        on conversions.session_key = sessions.session_key and conversions.session_started_at = sessions.session_started_at
    left join device_users on sessions.workspace_id = device_users.workspace_id and sessions.device_id = device_users.device_id

),

acting as (

    select
        interacting.workspace_id,
        interacting.video_id,
        interacting.started_date,
        count(distinct interacting.viewer_id) as acting_viewers
    from interacting
    inner join converting
        on
            interacting.workspace_id = converting.workspace_id
            and interacting.viewer_id = converting.viewer_id
            and interacting.first_interacted_at <= converting.occurred_at
            and interacting.first_interacted_at + interval '{{ var("action_window_days") }}' day >= converting.occurred_at
    group by interacting.workspace_id, interacting.video_id, interacting.started_date

),

interaction_days as (

    select
        workspace_id,
        video_id,
        started_date,
        count(distinct viewer_id) as interacting_viewers
    from interacting
    group by workspace_id, video_id, started_date

),

keys as (

    select workspace_id, video_id, started_date from outbound_days
    union
    select workspace_id, video_id, started_date from interaction_days

),

final as (

    select
        ---------- grain
        keys.workspace_id,
        keys.video_id,
        keys.started_date as date_day,

        ---------- elements that lead outside
        coalesce(outbound_days.exposed_views, 0) as exposed_views,
        coalesce(outbound_days.exposed_viewers, 0) as exposed_viewers,
        coalesce(outbound_days.click_count, 0) as clicks,
        coalesce(outbound_days.click_views, 0) as clicking_views,
        coalesce(outbound_days.click_viewers, 0) as clicking_viewers,
        cast(outbound_days.click_viewers as double) / nullif(outbound_days.exposed_viewers, 0) as click_through_rate,
        cast(outbound_days.click_views as double) / nullif(outbound_days.exposed_views, 0) as view_click_through_rate,

        ---------- what followed an interaction
        coalesce(interaction_days.interacting_viewers, 0) as interacting_viewers,
        coalesce(acting.acting_viewers, 0) as acting_viewers,
        cast(coalesce(acting.acting_viewers, 0) as double)
        / nullif(interaction_days.interacting_viewers, 0) as action_rate_after_interaction

    from keys
    {% for relation in ['outbound_days', 'interaction_days', 'acting'] -%}
        left join {{ relation }}
            on
                keys.workspace_id = {{ relation }}.workspace_id
                and keys.video_id = {{ relation }}.video_id
                and keys.started_date = {{ relation }}.started_date
    {% endfor %}

)

select * from final
