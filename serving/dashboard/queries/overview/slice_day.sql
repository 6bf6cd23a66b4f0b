-- One row per slice and day with a view: what may be added up over days, and the day's own distinct viewers.
-- A day is withheld when its viewers, or those of them who played, are fewer than the threshold; and where only one value of a
-- kind would be withheld on a day the next smallest is too, or the workspace's day would tell it by subtraction.
with

days as (

    select
        workspace_id,
        slice_kind,
        slice_value,
        date_day,
        sum(impressions)::bigint as impressions,
        sum(plays)::bigint as plays,
        round(sum(watch_seconds), 3) as watch_seconds,
        count(*) filter (where has_played) as viewers,
        count(*) filter (where is_engaged) as engaged_viewers,
        count(*) filter (where has_completed) as completed_viewers,
        least(count(*), nullif(count(*) filter (where has_played), 0)) as smallest_group
    from viewer_slice_day
    group by workspace_id, slice_kind, slice_value, date_day

),

judged as (

    select
        days.*,
        days.smallest_group < setting.minimum_viewers as is_small
    from days
    cross join setting

),

neighboured as (

    select
        *,
        count(*) filter (where is_small) over (partition by workspace_id, slice_kind, date_day) as small_count,
        row_number() over (
            partition by workspace_id, slice_kind, date_day, is_small order by smallest_group, slice_value
        ) as place
    from judged

),

decided as (

    select
        *,
        is_small or (slice_kind <> 'workspace' and small_count = 1 and place = 1) as is_withheld
    from neighboured

)

select
    workspace_id,
    slice_kind,
    slice_value,
    date_day,
    is_withheld,
    case when not is_withheld then impressions end as impressions,
    case when not is_withheld then plays end as plays,
    case when not is_withheld then watch_seconds end as watch_seconds,
    case when not is_withheld then viewers end as viewers,
    case when not is_withheld then engaged_viewers end as engaged_viewers,
    case when not is_withheld then completed_viewers end as completed_viewers
from decided
order by workspace_id, slice_kind, slice_value, date_day;
