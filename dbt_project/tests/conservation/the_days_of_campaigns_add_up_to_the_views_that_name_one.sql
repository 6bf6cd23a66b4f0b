-- What may be added up in kpi_campaign_daily is what the views of that day that name the campaign add up to; a session counts for one
-- campaign at most.
with

views as (

    select
        workspace_id,
        utm_campaign as campaign_id,
        started_date,
        count(*) as view_count,
        sum(impression_count) as impressions,
        count(case when is_played then 1 end) as plays,
        sum(watch_seconds) as watch_seconds
    from {{ ref('fct_view') }}
    where utm_campaign is not null
    group by workspace_id, utm_campaign, started_date

),

workspaces as (

    select
        workspace_id,
        date_day,
        sum(sessions_with_play) as sessions_with_play
    from {{ ref('kpi_campaign_daily') }}
    group by workspace_id, date_day

)

select
    coalesce(days.campaign_id, views.campaign_id) as campaign_id,
    coalesce(days.date_day, views.started_date) as date_day
from {{ ref('kpi_campaign_daily') }} as days
full outer join views
    on days.workspace_id = views.workspace_id and days.campaign_id = views.campaign_id and days.date_day = views.started_date
where
    days.campaign_id is null
    or days.view_count <> coalesce(views.view_count, 0)
    or days.impressions <> coalesce(views.impressions, 0)
    or days.plays <> coalesce(views.plays, 0)
    or abs(days.watch_seconds - coalesce(views.watch_seconds, 0)) > 0.001
union all
select
    null as campaign_id,
    workspaces.date_day
from workspaces
inner join {{ ref('kpi_workspace_daily') }} as days
    on workspaces.workspace_id = days.workspace_id and workspaces.date_day = days.date_day
where workspaces.sessions_with_play > days.sessions_with_play
