-- What may be added up in kpi_video_daily is what the views of that day add up to, and their sessions.
with

views as (

    select
        workspace_id,
        video_id,
        started_date,
        count(*) as view_count,
        sum(impression_count) as impressions,
        count(case when is_played then 1 end) as plays,
        count(case when is_played and interaction_count > 0 then 1 end) as engaged_plays,
        sum(watch_seconds) as watch_seconds,
        sum(unique_watched_seconds) as unique_watched_seconds
    from {{ ref('fct_view') }}
    {{ where_changed('started_date') }}
    group by workspace_id, video_id, started_date

),

sessions as (

    select
        workspace_id,
        first_played_video_id as video_id,
        started_date,
        count(*) as sessions_with_play,
        count(case when is_bounce then 1 end) as bounces
    from {{ ref('fct_session') }}
    where first_played_video_id is not null {{ and_changed('started_date') }}
    group by workspace_id, first_played_video_id, started_date

),

days as (

    select * from {{ ref('kpi_video_daily') }}
    {{ where_changed('date_day') }}

)

select
    coalesce(days.workspace_id, views.workspace_id) as workspace_id,
    coalesce(days.video_id, views.video_id) as video_id,
    coalesce(days.date_day, views.started_date) as date_day
from days
full outer join views
    on days.workspace_id = views.workspace_id and days.video_id = views.video_id and days.date_day = views.started_date
full outer join sessions
    on days.workspace_id = sessions.workspace_id and days.video_id = sessions.video_id and days.date_day = sessions.started_date
where
    days.video_id is null
    or days.view_count <> coalesce(views.view_count, 0)
    or days.impressions <> coalesce(views.impressions, 0)
    or days.plays <> coalesce(views.plays, 0)
    or days.engaged_plays <> coalesce(views.engaged_plays, 0)
    or abs(days.watch_seconds - coalesce(views.watch_seconds, 0)) > 0.001
    or abs(days.unique_watched_seconds - coalesce(views.unique_watched_seconds, 0)) > 0.001
    or days.sessions_with_play <> coalesce(sessions.sessions_with_play, 0)
    or days.bounces <> coalesce(sessions.bounces, 0)
