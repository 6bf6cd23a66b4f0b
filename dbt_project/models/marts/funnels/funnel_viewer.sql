-- One row per funnel and viewer who entered it: how far the viewer's best chain of steps got, and when it took each.
{{ config(materialized='table') }}
{% set levels = range(1, max_funnel_steps() + 1) %}
with

chains as (

    select * from {{ ref('int_funnel_chains') }}

),

hits as (

    select * from {{ ref('int_funnel_hits') }}

),

funnels as (

    select
        workspace_id,
        goal_id,
        max(goal_name) as goal_name,
        max(step_count) as step_count
    from {{ ref('int_funnel_steps') }}
    group by workspace_id, goal_id

),

views as (

    select view_key, view_started_at, view_id, device_type, country, utm_campaign from {{ ref('int_views') }}

),

entries as (

    select
        chains.*,
        hits.workspace_id,
        hits.goal_id,
        hits.funnel_video_id,
        hits.viewer_id,
        hits.occurred_at as entered_at,
        views.view_id,
        views.device_type,
        views.country,
        views.utm_campaign
    from chains
    inner join hits
        on
            chains.funnel_key = hits.funnel_key
            and chains.viewer_key = hits.viewer_key
            and chains.entry_hit_number = hits.hit_number
    left join views on hits.view_key = views.view_key and hits.view_started_at = views.view_started_at

),

final as (

    select
        ---------- grain
        entries.workspace_id,
        entries.goal_id,
        entries.funnel_video_id as video_id,
        entries.viewer_id,

        ---------- how far
        funnels.goal_name,
        funnels.step_count,
        entries.entry_position as entered_step,
        entries.furthest_position as furthest_step,
        entries.furthest_position = funnels.step_count as is_converted,

        ---------- when
        entries.entered_at,
        last_hits.occurred_at as last_step_at,
        case
            when entries.furthest_position = funnels.step_count
                then {{ rounded_seconds(seconds_between('entries.entered_at', 'last_hits.occurred_at')) }}
        end as seconds_to_convert,
        {% for step in levels -%}
            {{ timestamp_from_microseconds('entries.step_' ~ step ~ '_at') }} as step_{{ step }}_at,
        {% endfor %}
        ---------- where from, and what next
        entries.view_id,
        entries.device_type,
        entries.country,
        entries.utm_campaign,
        case
            when entries.furthest_position < funnels.step_count then coalesce(last_hits.next_event_type, 'end_of_session')
        end as next_event_type

    from entries
    inner join funnels on entries.workspace_id = funnels.workspace_id and entries.goal_id = funnels.goal_id
    inner join hits as last_hits
        on
            entries.funnel_key = last_hits.funnel_key
            and entries.viewer_key = last_hits.viewer_key
            and entries.last_hit_number = last_hits.hit_number

)

select * from final
