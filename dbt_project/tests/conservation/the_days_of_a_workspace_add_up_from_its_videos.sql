-- What may be added up is on a day the same for a workspace and for all its videos; the viewers of a workspace are at most those of all
-- its videos and at least those of the busiest.
{% set additive = [
    'view_count', 'impressions', 'implied_impressions', 'plays', 'engaged_plays', 'sessions_with_play', 'bounces', 'watch_seconds'
] %}
with

videos as (

    select
        workspace_id,
        date_day,
        {% for measure in additive -%}
            sum({{ measure }}) as {{ measure }},
        {% endfor -%}
        {% for viewers in ['unique_viewers', 'unique_authenticated_viewers', 'engaged_viewers', 'completed_viewers'] -%}
            sum({{ viewers }}) as most_{{ viewers }},
            max({{ viewers }}) as least_{{ viewers }},
        {% endfor -%}
        count(*) as video_count
    from {{ ref('kpi_video_daily') }}
    group by workspace_id, date_day

)

select
    coalesce(days.workspace_id, videos.workspace_id) as workspace_id,
    coalesce(days.date_day, videos.date_day) as date_day
from {{ ref('kpi_workspace_daily') }} as days
full outer join videos on days.workspace_id = videos.workspace_id and days.date_day = videos.date_day
where
    days.workspace_id is null
    or videos.workspace_id is null
    {% for measure in additive if measure != 'watch_seconds' -%}
        or days.{{ measure }} <> videos.{{ measure }}
    {% endfor -%}
    or abs(days.watch_seconds - videos.watch_seconds) > 0.001 * videos.video_count
    {% for viewers in ['unique_viewers', 'unique_authenticated_viewers', 'engaged_viewers', 'completed_viewers'] -%}
        or days.{{ viewers }} not between videos.least_{{ viewers }} and videos.most_{{ viewers }}
    {% endfor %}
