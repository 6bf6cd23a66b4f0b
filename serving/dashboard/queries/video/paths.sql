-- One row per path, the hundred most travelled of a video over all dates (rule 55). A path of fewer viewers than the threshold is left
-- out, since its nodes alone would say what somebody saw; where one alone would be, the next smallest is too.
with

judged as (

    select
        ways.*,
        ways.viewer_count < setting.minimum_viewers as is_small
    from paths.path_summary as ways
    cross join setting

),

neighboured as (

    select
        *,
        count(*) filter (where is_small) over (partition by workspace_id, video_id) as small_count,
        row_number() over (partition by workspace_id, video_id, is_small order by viewer_count, path_rank desc) as place
    from judged

)

select
    workspace_id,
    video_id,
    path,
    loop_count,
    view_count,
    viewer_count,
    share_of_views,
    completion_rate,
    round(average_watch_seconds, 3) as average_watch_seconds
from neighboured
where not is_small and not (small_count = 1 and place = 1) and path_rank <= 100
order by workspace_id, video_id, path_rank;
