-- One row per slice, measure, active date and previous active date (rule 82): distinct viewers of any dates a to b are the sum
-- of viewer_count where active_date lies in them and previous_active_date does not. Viewers are kpis.viewer_return itself;
-- engaged and completed viewers are counted the same way on the dates on which they engaged or completed.
-- A previous date before the days shown is as good as none. With a threshold there is no such table: its cells are small groups.
with

viewers as (

    select
        returns.workspace_id,
        returns.slice_kind,
        returns.slice_value,
        'viewers' as measure,
        returns.active_date,
        case when returns.previous_active_date >= shown_days.first_date then returns.previous_active_date end as previous_active_date,
        returns.viewer_count
    from kpis.viewer_return as returns
    inner join shown_days on returns.workspace_id = shown_days.workspace_id and returns.active_date >= shown_days.first_date

),

engaged as (

    select
        workspace_id,
        slice_kind,
        slice_value,
        'engaged' as measure,
        date_day as active_date,
        lag(date_day) over (partition by workspace_id, slice_kind, slice_value, viewer_id order by date_day) as previous_active_date,
        1 as viewer_count
    from viewer_slice_day
    where is_engaged

),

completed as (

    select
        workspace_id,
        slice_kind,
        slice_value,
        'completed' as measure,
        date_day as active_date,
        lag(date_day) over (partition by workspace_id, slice_kind, slice_value, viewer_id order by date_day) as previous_active_date,
        1 as viewer_count
    from viewer_slice_day
    where has_completed

),

returns as (

    select * from viewers
    union all
    select * from engaged
    union all
    select * from completed

)

select
    workspace_id,
    slice_kind,
    slice_value,
    measure,
    active_date,
    previous_active_date,
    sum(viewer_count)::bigint as viewer_count
from returns
where (select minimum_viewers from setting) = 0
group by workspace_id, slice_kind, slice_value, measure, active_date, previous_active_date
order by workspace_id, slice_kind, slice_value, measure, active_date, previous_active_date;
