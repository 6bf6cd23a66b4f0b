-- Nobody appears in a funnel or vanishes from it: who reached a step went on to the next, converted or dropped; and the funnel's viewers
-- are those who entered it, in every kind of segment.
with

steps as (

    select
        *,
        lead(reached_viewers - entered_viewers) over (
            partition by workspace_id, goal_id, video_id, segment_type, segment_value order by position
        ) as went_on
    from {{ ref('funnel_step') }}

),

broken_steps as (

    select workspace_id, goal_id, video_id, 'step' as law from steps
    where
        reached_viewers < entered_viewers
        or (position < step_count and reached_viewers <> went_on + dropped_viewers)
        or (position = step_count and (reached_viewers <> converted_viewers or dropped_viewers <> 0))

),

segments as (

    select
        workspace_id,
        goal_id,
        video_id,
        segment_type,
        sum(entered_viewers) as entered_viewers,
        sum(case when position = step_count then converted_viewers else 0 end) as converted_viewers
    from steps
    group by workspace_id, goal_id, video_id, segment_type

),

viewers as (

    select
        workspace_id,
        goal_id,
        video_id,
        count(*) as entered_viewers,
        count(*) filter (where is_converted) as converted_viewers
    from {{ ref('funnel_viewer') }}
    group by workspace_id, goal_id, video_id

),

broken_segments as (

    select
        segments.workspace_id,
        segments.goal_id,
        segments.video_id,
        'segment' as law
    from segments
    left join viewers
        on
            segments.workspace_id = viewers.workspace_id
            and segments.goal_id = viewers.goal_id
            and segments.video_id is not distinct from viewers.video_id
    where
        segments.entered_viewers <> coalesce(viewers.entered_viewers, 0)
        or segments.converted_viewers <> coalesce(viewers.converted_viewers, 0)

)

select * from broken_steps
union all
select * from broken_segments
