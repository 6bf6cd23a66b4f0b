-- What every query below may read beside the snapshot: the settings, the views that are shown, and the files there will be.

-- A file's name from any id: ids that are safe on every file system and in every address as they are, others by their hash.
create temp macro file_key(id) as
    case when regexp_matches(id, '^[a-z0-9][a-z0-9_-]{0,79}$') then id else '~' || left(sha256(id), 24) end;

create temp table shown_days as
select
    workspace_id,
    greatest(min(started_date), max(started_date) - (any_value(setting.history_days) - 1)::integer) as first_date,
    max(started_date) as last_date,
    min(started_date) as recorded_since
from core.fct_view
cross join setting
group by workspace_id;

-- One row per viewer, day and slice (rule 81): the smallest thing that distinct viewers are counted from. It is never exported.
create temp table viewer_slice_day as
with views as (
    select fct_view.*
    from core.fct_view
    inner join shown_days on fct_view.workspace_id = shown_days.workspace_id and fct_view.started_date >= shown_days.first_date
),

sliced as (
    select views.*, slice.kind as slice_kind, slice.value as slice_value
    from views
    cross join lateral (
        values
        ('workspace', views.workspace_id),
        ('video', views.video_id),
        ('campaign', views.utm_campaign),
        ('device_type', views.device_type),
        ('country', views.country)
    ) as slice (kind, value)
    where slice.value is not null
)

select
    workspace_id,
    slice_kind,
    slice_value,
    started_date as date_day,
    viewer_id,
    sum(impression_count) as impressions,
    count(*) filter (where is_played) as plays,
    sum(watch_seconds) as watch_seconds,
    coalesce(bool_or(is_played), false) as has_played,
    coalesce(bool_or(is_played and interaction_count > 0), false) as is_engaged,
    coalesce(bool_or(is_played and is_completed), false) as has_completed
from sliced
group by workspace_id, slice_kind, slice_value, started_date, viewer_id;

-- One file each: a partition's name, and the columns that say which file a row belongs to.
create temp table partition_site as select 'all' as site;

create temp table partition_workspace as select workspace_id from shown_days;

create temp table partition_slice as
select workspace_id, unnest(['workspace', 'video', 'campaign', 'device_type', 'country']) as slice_kind from shown_days;

create temp table partition_video as
select dim_video.workspace_id, dim_video.video_id from core.dim_video
inner join shown_days on dim_video.workspace_id = shown_days.workspace_id;

create temp table partition_node as
select dim_node.workspace_id, dim_node.video_id, dim_node.node_id from core.dim_node
inner join shown_days on dim_node.workspace_id = shown_days.workspace_id
group by all;

-- Whether a group of viewers is too small to be shown; nobody is no group.
create temp macro is_small(viewers) as
    coalesce(viewers > 0 and viewers < (select minimum_viewers from setting), false);

-- Whether one of the groups that together make up a whole is withheld: those that are too small, and with them the next larger ones
-- until at least two and at least the threshold are withheld, or the whole would tell them by subtraction. `tie` orders equal groups.
create temp macro is_withheld_of(whole, viewers, tie) as
    coalesce(
        viewers > 0
        and bool_or(is_small(viewers)) over (partition by whole)
        and (
            is_small(viewers)
            or row_number() over (partition by whole, viewers > 0 order by viewers, tie) <= 2
            or sum(viewers) over (
                partition by whole, viewers > 0 order by viewers, tie rows between unbounded preceding and 1 preceding
            ) < (select minimum_viewers from setting)
        ),
        false
    );

-- Whether an answer is listed as it was given: one in the viewer's own words when at least five viewers gave it, since fewer might name
-- somebody; so might a number that is no rating.
create temp macro is_listed_answer(is_in_catalog, rating, viewers) as
    coalesce(is_in_catalog, false) or coalesce(abs(rating) <= 100, false) or coalesce(viewers >= 5, false);

-- One row per funnel, step and segment (rule 64) as it may be shown: a segment's step is withheld where too few reached it, and what it
-- tells of the step before with it.
create temp table shown_funnel_step as
with judged as (
    select
        *,
        is_withheld_of((workspace_id, goal_id, video_id, segment_type, position), reached_viewers, coalesce(segment_value, '')) as is_withheld
    from funnels.funnel_step
),

followed as (
    select
        *,
        coalesce(
            lead(is_withheld) over (
                partition by workspace_id, goal_id, video_id, segment_type, segment_value order by position
            ), false
        ) as is_next_withheld,
        coalesce(
            lag(is_withheld) over (
                partition by workspace_id, goal_id, video_id, segment_type, segment_value order by position
            ), false
        ) as is_previous_withheld
    from judged
)

select
    workspace_id,
    goal_id,
    video_id,
    segment_type,
    segment_value,
    position,
    step_name,
    is_withheld,
    is_withheld or is_next_withheld as is_drop_withheld,
    case when not is_withheld then reached_viewers end as reached_viewers,
    case when not is_withheld and not is_previous_withheld then share_of_previous end as share_of_previous,
    case when not is_withheld then share_of_entered end as share_of_entered,
    case when not is_withheld and not is_next_withheld then dropped_viewers end as dropped_viewers,
    case when not is_withheld and not is_next_withheld then drop_rate end as drop_rate,
    case when not is_withheld then median_seconds_from_previous end as median_seconds_from_previous,
    case when not is_withheld and not is_next_withheld and not is_small(next_event_viewers) then next_event_type end as next_event_type,
    case when not is_withheld and not is_next_withheld and not is_small(next_event_viewers) then next_event_viewers end
        as next_event_viewers
from followed;
