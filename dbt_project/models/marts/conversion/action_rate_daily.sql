-- One row per video and day (UTC, of the view's start) on which anybody who played interacted: how many of them converted after it.
{{ config(materialized='table') }}
{% set window_microseconds = var('attribution_window_days') * 86400000000 %}
with

days as (

    select * from {{ ref('kpi_video_daily') }}
    where engaged_viewers > 0

),

conversions as (

    select
        {{ hash_key(['workspace_id', 'viewer_id']) }} as viewer_key,
        {{ epoch_microseconds('occurred_at') }} as moment
    from {{ ref('int_conversion_viewers') }}

),

converting_viewers as (

    select viewer_key from conversions
    group by viewer_key

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

owned_views as (

    select
        views.workspace_id,
        views.video_id,
        views.started_date,
        views.view_key,
        views.view_started_at,
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from {{ ref('int_views') }} as views
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id
    where views.is_played and views.interaction_count > 0

),

engaged_views as (

    select
        *,
        {{ hash_key(['workspace_id', 'viewer_id']) }} as viewer_key
    from owned_views
    where {{ hash_key(['workspace_id', 'viewer_id']) }} in (select converting_viewers.viewer_key from converting_viewers)

),

interactions as (

    select
        engaged_views.workspace_id,
        engaged_views.video_id,
        engaged_views.started_date,
        engaged_views.viewer_key,
        engaged_views.view_key,
        {{ epoch_microseconds('first_interactions.first_interacted_at') }} as moment
    from engaged_views
    inner join {{ ref('int_first_interactions') }} as first_interactions
        on
            engaged_views.view_key = first_interactions.view_key
            and engaged_views.view_started_at = first_interactions.view_started_at

),

-- One line of time per viewer, a conversion before an interaction at the same moment: the next conversion is looked up, not joined.
moments as (

    select workspace_id, video_id, started_date, viewer_key, view_key, moment, 1 as is_interaction from interactions
    union all
    select null as workspace_id, null as video_id, null as started_date, viewer_key, null as view_key, moment, 0 as is_interaction
    from conversions

),

followed as (

    select
        *,
        min(case when is_interaction = 0 then moment end) over (
            partition by viewer_key
            order by moment, is_interaction, view_key
            rows between 1 following and unbounded following
        ) as next_conversion
    from moments

),

converted as (

    select
        workspace_id,
        video_id,
        started_date,
        count(distinct viewer_key) as converted_viewers
    from followed
    where is_interaction = 1 and next_conversion <= moment + {{ window_microseconds }}
    group by workspace_id, video_id, started_date

),

final as (

    select
        days.workspace_id,
        days.video_id,
        days.date_day,
        days.engaged_viewers,
        coalesce(converted.converted_viewers, 0) as converted_viewers,
        cast(coalesce(converted.converted_viewers, 0) as double) / days.engaged_viewers as action_rate_after_interaction
    from days
    left join converted
        on
            days.workspace_id = converted.workspace_id
            and days.video_id = converted.video_id
            and days.date_day = converted.started_date

)

select * from final
