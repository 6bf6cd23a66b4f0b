-- One row per funnel, step and segment of its viewers: who entered, got there, went on, and what those who left did next (rule 64).
{{ config(materialized='table') }}
{% set levels = range(1, max_funnel_steps() + 1) %}
{% set segment_types = ['device_type', 'country', 'utm_campaign'] %}
{% set funnel = ['workspace_id', 'goal_id', 'video_id'] %}
{% set segment = ['workspace_id', 'goal_id', 'video_id', 'segment_type', 'segment_value'] %}
with

steps as (

    select * from {{ ref('int_funnel_steps') }}

),

viewers as (

    select * from {{ ref('funnel_viewer') }}

),

times as (

    {% for level in levels -%}
        select
            {{ funnel | join(', ') }},
            viewer_id,
            {{ level }} as position,
            step_{{ level }}_at as step_at
        from viewers
        where step_{{ level }}_at is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- without an order the steps count in the order in which they were taken
taken as (

    select
        *,
        row_number() over (partition by {{ funnel | join(', ') }}, viewer_id order by step_at, position) as taking,
        lag(step_at) over (partition by {{ funnel | join(', ') }}, viewer_id order by step_at, position) as previous_at
    from times

),

reached as (

    select
        viewers.workspace_id,
        viewers.goal_id,
        viewers.video_id,
        cast(viewers.entered_step + taken.taking - 1 as bigint) as position,
        taken.taking = 1 as is_entry,
        taken.taking = viewers.furthest_step - viewers.entered_step + 1 and not viewers.is_converted as is_last,
        viewers.is_converted,
        {{ seconds_between('taken.previous_at', 'taken.step_at') }} as seconds_from_previous,
        viewers.next_event_type,
        viewers.device_type,
        viewers.country,
        viewers.utm_campaign
    from taken
    inner join viewers
        on
            taken.workspace_id = viewers.workspace_id
            and taken.goal_id = viewers.goal_id
            and taken.video_id is not distinct from viewers.video_id
            and taken.viewer_id = viewers.viewer_id

),

segmented as (

    select
        *,
        'all' as segment_type,
        'all' as segment_value
    from reached
    {% for column in segment_types -%}
        union all
        select
            *,
            '{{ column }}' as segment_type,
            {{ column }} as segment_value
        from reached
    {% endfor %}

),

measures as (

    select
        {{ segment | join(', ') }},
        position,
        count(*) as reached_viewers,
        count(*) filter (where is_entry) as entered_viewers,
        count(*) filter (where is_last) as dropped_viewers,
        count(*) filter (where is_converted) as converted_viewers,
        median(seconds_from_previous) as median_seconds_from_previous
    from segmented
    group by {{ segment | join(', ') }}, position

),

next_events as (

    select
        {{ segment | join(', ') }},
        position,
        next_event_type,
        count(*) as viewers,
        row_number() over (
            partition by {{ segment | join(', ') }}, position order by count(*) desc, next_event_type asc
        ) as frequency_rank
    from segmented
    where is_last
    group by {{ segment | join(', ') }}, position, next_event_type

),

-- every funnel of the workspace, and every segment that entered one
segments as (

    select
        {{ segment | join(', ') }}
    from measures
    group by {{ segment | join(', ') }}
    union
    select
        workspace_id,
        goal_id,
        cast(null as {{ string_type() }}) as video_id,
        'all' as segment_type,
        'all' as segment_value
    from steps
    where not is_per_video
    group by workspace_id, goal_id

),

filled as (

    select
        segments.*,
        steps.goal_name,
        steps.is_default,
        steps.step_count,
        steps.position,
        steps.step_name,
        steps.event_type,
        coalesce(measures.reached_viewers, 0) as reached_viewers,
        coalesce(measures.entered_viewers, 0) as entered_viewers,
        coalesce(measures.dropped_viewers, 0) as dropped_viewers,
        coalesce(measures.converted_viewers, 0) as converted_viewers,
        measures.median_seconds_from_previous,
        next_events.next_event_type,
        next_events.viewers as next_event_viewers
    from segments
    inner join steps on segments.workspace_id = steps.workspace_id and segments.goal_id = steps.goal_id
    left join measures
        on
            steps.position = measures.position
            {% for column in segment -%}
                and segments.{{ column }} is not distinct from measures.{{ column }}
            {% endfor %}
    left join next_events
        on
            steps.position = next_events.position
            and next_events.frequency_rank = 1
            {% for column in segment -%}
                and segments.{{ column }} is not distinct from next_events.{{ column }}
            {% endfor %}

),

compared as (

    select
        *,
        lag(reached_viewers) over (partition by {{ segment | join(', ') }} order by position) as previous_viewers,
        sum(entered_viewers) over (partition by {{ segment | join(', ') }}) as all_entered_viewers
    from filled

),

final as (

    select
        ---------- grain
        workspace_id,
        goal_id,
        video_id,
        position,
        segment_type,
        segment_value,

        ---------- what the step is
        goal_name,
        is_default,
        step_count,
        step_name,
        event_type,

        ---------- viewers
        entered_viewers,
        reached_viewers,
        dropped_viewers,
        converted_viewers,

        ---------- rates
        case
            when position > 1 then cast(reached_viewers - entered_viewers as double) / nullif(previous_viewers, 0)
        end as share_of_previous,
        cast(reached_viewers as double) / nullif(all_entered_viewers, 0) as share_of_entered,
        cast(dropped_viewers as double) / nullif(reached_viewers, 0) as drop_rate,
        cast(converted_viewers as double) / nullif(reached_viewers, 0) as conversion_rate,

        ---------- time and what next
        {{ rounded_seconds('median_seconds_from_previous') }} as median_seconds_from_previous,
        next_event_type,
        next_event_viewers

    from compared

)

select * from final
