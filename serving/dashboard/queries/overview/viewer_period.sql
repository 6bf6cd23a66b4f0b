-- One row per slice and period, only where small groups are withheld: distinct viewers of the periods that the page offers, each
-- withheld below the threshold. Periods: calendar months, and the last 7, 14, 28 and 90 days with those before them, and all days.
with

spans as (

    select
        shown_days.workspace_id,
        shown_days.first_date,
        shown_days.last_date,
        unnest([7, 14, 28, 90]) as days
    from shown_days
    cross join setting
    where setting.minimum_viewers > 0

),

periods as (

    select workspace_id, last_date - days + 1 as from_date, last_date as to_date from spans
    union
    select workspace_id, last_date - 2 * days + 1, last_date - days from spans where last_date - 2 * days + 1 >= first_date
    union
    select workspace_id, first_date, last_date from spans
    union
    select
        workspace_id,
        greatest(first_date, month_start::date),
        least(last_date, (month_start + interval 1 month - interval 1 day)::date)
    from (
        select *, unnest(range(date_trunc('month', first_date), last_date + interval 1 day, interval 1 month)) as month_start
        from spans
    ) as months

),

counted as (

    select
        days.workspace_id,
        days.slice_kind,
        days.slice_value,
        periods.from_date,
        periods.to_date,
        count(distinct days.viewer_id) filter (where days.has_played) as viewers,
        count(distinct days.viewer_id) filter (where days.is_engaged) as engaged_viewers,
        count(distinct days.viewer_id) filter (where days.has_completed) as completed_viewers
    from viewer_slice_day as days
    inner join periods on days.workspace_id = periods.workspace_id and days.date_day between periods.from_date and periods.to_date
    group by days.workspace_id, days.slice_kind, days.slice_value, periods.from_date, periods.to_date

),

decided as (

    select
        counted.*,
        counted.viewers between 1 and setting.minimum_viewers - 1 as is_withheld
    from counted
    cross join setting

)

select
    workspace_id,
    slice_kind,
    slice_value,
    from_date,
    to_date,
    is_withheld,
    case when not is_withheld then viewers end as viewers,
    case when not is_withheld then engaged_viewers end as engaged_viewers,
    case when not is_withheld then completed_viewers end as completed_viewers
from decided
order by workspace_id, slice_kind, slice_value, from_date, to_date;
