-- One row per video with a view, over all dates: plays, distinct viewers and how many of them completed it (rule 25), and how many
-- paths there are (rule 55).
with

views as (

    select
        workspace_id,
        video_id,
        min(started_date) as first_date,
        max(started_date) as last_date,
        count(*) filter (where is_played) as plays,
        count(distinct viewer_id) filter (where is_played) as viewers,
        count(distinct viewer_id) filter (where is_played and is_completed) as completed_viewers
    from core.fct_view
    group by workspace_id, video_id

),

ways as (

    select
        workspace_id,
        video_id,
        count(*) as path_count
    from paths.path_summary
    group by workspace_id, video_id

),

judged as (

    select
        views.*,
        views.viewers between 1 and setting.minimum_viewers - 1 as is_withheld
    from views
    cross join setting

)

select
    judged.workspace_id,
    judged.video_id,
    judged.first_date,
    judged.last_date,
    judged.is_withheld,
    case when not judged.is_withheld then judged.plays end as plays,
    case when not judged.is_withheld then judged.viewers end as viewers,
    case when not judged.is_withheld then judged.completed_viewers end as completed_viewers,
    coalesce(ways.path_count, 0) as path_count
from judged
left join ways on judged.workspace_id = ways.workspace_id and judged.video_id = ways.video_id
order by judged.workspace_id, judged.video_id;
