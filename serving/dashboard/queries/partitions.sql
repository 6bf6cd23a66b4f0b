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
