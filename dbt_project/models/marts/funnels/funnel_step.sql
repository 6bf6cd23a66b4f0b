-- One row per funnel, step and segment of its viewers: who entered, got there, went on, and what those who left did next (rule 64).
{{ config(materialized='table') }}
{% set levels = range(1, max_funnel_steps() + 1) %}
{% set segment_types = ['device_type', 'country', 'utm_campaign'] %}
{% set moments = [] %}
{% for level in levels %}{% do moments.append('step_' ~ level ~ '_at') %}{% endfor %}
{% set funnel = ['workspace_id', 'goal_id', 'video_id'] %}
{% set segment = ['workspace_id', 'goal_id', 'video_id', 'segment_type', 'segment_value'] %}
with

steps as (

    select * from {{ ref('int_funnel_steps') }}

),

viewers as (

    select * from {{ ref('funnel_viewer') }}

),

-- a row per step of the funnel, and the moment at which the viewer took it: one reading of the viewers, not one per step
positions as (

    {{ unnest_seconds(
        'viewers',
        funnel + ['viewer_id', 'entered_step', 'furthest_step', 'is_converted', 'next_event_type'] + segment_types + moments,
        '1',
        max_funnel_steps() | string,
    ) }}

),

times as (

    select
        *,
        second as step_number,
        case second
            {% for level in levels -%}
                when {{ level }} then step_{{ level }}_at
            {% endfor %}
        end as step_at
    from positions

),

-- without an order the steps count in the order in which they were taken
taken as (

    select
        *,
        row_number() over (partition by {{ funnel | join(', ') }}, viewer_id order by step_at, step_number) as taking,
        lag(step_at) over (partition by {{ funnel | join(', ') }}, viewer_id order by step_at, step_number) as previous_at
    from times
    where step_at is not null

),

reached as (

    select
        {{ funnel | join(', ') }},
        cast(entered_step + taking - 1 as bigint) as position,
        taking = 1 as is_entry,
        taking = furthest_step - entered_step + 1 and not is_converted as is_last,
        is_converted,
        {{ seconds_between('previous_at', 'step_at') }} as seconds_from_previous,
        next_event_type,
        {{ segment_types | join(', ') }},
        0 as first_segment,
        {{ segment_types | length }} as last_segment
    from taken

),

repeated as (

    {{ unnest_seconds(
        'reached',
        funnel + ['position', 'is_entry', 'is_last', 'is_converted', 'seconds_from_previous', 'next_event_type'] + segment_types,
        'first_segment',
        'last_segment',
    ) }}

),

segmented as (

    select
        *,
        case second
            {% for column in segment_types -%}
                when {{ loop.index }} then '{{ column }}'
            {% endfor -%}
            else 'all'
        end as segment_type,
        case second
            {% for column in segment_types -%}
                when {{ loop.index }} then {{ column }}
            {% endfor -%}
            else 'all'
        end as segment_value
    from repeated

),

measures as (

    select
        {{ segment | join(', ') }},
        position,
        count(*) as reached_viewers,
        count(*) filter (where is_entry) as entered_viewers,
        count(*) filter (where is_last) as dropped_viewers,
        count(*) filter (where is_converted) as converted_viewers,
        {{ median_seconds('seconds_from_previous') }} as median_seconds_from_previous
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
        median_seconds_from_previous,
        next_event_type,
        next_event_viewers

    from compared

)

select * from final
