-- A month is the sum of its days; its viewers are at least those of its busiest day and at most the sum of all days' viewers.
with

days as (

    select
        workspace_id,
        video_id,
        cast(date_trunc('month', date_day) as date) as month_start_date,
        sum(view_count) as view_count,
        sum(impressions) as impressions,
        sum(implied_impressions) as implied_impressions,
        sum(plays) as plays,
        sum(watch_seconds) as watch_seconds,
        sum(engaged_plays) as engaged_plays,
        sum(sessions_with_play) as sessions_with_play,
        sum(bounces) as bounces,
        {% for viewers in ['unique_viewers', 'unique_authenticated_viewers', 'engaged_viewers', 'completed_viewers'] -%}
            sum({{ viewers }}) as most_{{ viewers }},
            max({{ viewers }}) as least_{{ viewers }},
        {% endfor -%}
        count(*) as day_count
    from {{ ref('kpi_video_daily') }}
    group by workspace_id, video_id, cast(date_trunc('month', date_day) as date)

)

select
    coalesce(months.workspace_id, days.workspace_id) as workspace_id,
    coalesce(months.video_id, days.video_id) as video_id,
    coalesce(months.month_start_date, days.month_start_date) as month_start_date
from {{ ref('kpi_video_monthly') }} as months
full outer join days
    on
        months.workspace_id = days.workspace_id
        and months.video_id = days.video_id
        and months.month_start_date = days.month_start_date
where
    months.video_id is null
    or days.video_id is null
    {% for measure in ['view_count', 'impressions', 'implied_impressions', 'plays', 'engaged_plays', 'sessions_with_play', 'bounces'] -%}
        or months.{{ measure }} <> days.{{ measure }}
    {% endfor -%}
    or abs(months.watch_seconds - days.watch_seconds) > 0.001 * days.day_count
    {% for viewers in ['unique_viewers', 'unique_authenticated_viewers', 'engaged_viewers', 'completed_viewers'] -%}
        or months.{{ viewers }} not between days.least_{{ viewers }} and days.most_{{ viewers }}
    {% endfor %}
