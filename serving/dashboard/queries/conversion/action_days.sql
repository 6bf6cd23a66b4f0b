-- One row per video and day shown with an engaged viewer (rule 79): who bought within a week of interacting.
-- A day counts its own viewers: days are never added up.
with

judged as (

    select
        action_rate_daily.*,
        is_small(engaged_viewers) as is_withheld
    from conversion.action_rate_daily
    inner join shown_days on action_rate_daily.workspace_id = shown_days.workspace_id
    where date_day >= shown_days.first_date

)

select
    workspace_id,
    video_id,
    date_day,
    is_withheld,
    case when not is_withheld then engaged_viewers end as engaged_viewers,
    case when not is_withheld then converted_viewers end as converted_viewers,
    case when not is_withheld then action_rate_after_interaction end as action_rate
from judged
order by workspace_id, video_id, date_day;
