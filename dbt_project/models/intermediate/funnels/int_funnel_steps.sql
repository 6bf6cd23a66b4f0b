-- One row per workspace, funnel and step: the goals of its catalog, and the default funnels whose id it has not taken. A funnel ends
-- with its tenth step.
{{ config(materialized='table') }}
{% set flags_and_defaults = {'is_ordered': 'true', 'is_strict': 'false', 'is_increasing': 'false', 'is_closed': 'true'} %}
with

goal_steps as (

    select * from {{ ref('int_goal_steps') }}

),

goals as (

    select * from {{ ref('stg_catalog__goals') }}

),

default_steps as (

    select * from {{ ref('default_funnels') }}

),

workspaces as (

    select workspace_id from {{ ref('int_sessions') }}
    group by workspace_id

),

authored_goals as (

    -- one without steps is no funnel, but takes the place of a default one: so an author does without that
    select workspace_id, goal_id from goals
    group by workspace_id, goal_id

),

steps as (

    select
        workspace_id,
        goal_id,
        coalesce(goal_name, goal_id) as goal_name,
        false as is_default,
        false as is_per_video,
        cast(window_hours as double) as window_hours,
        {% for flag in flags_and_defaults -%}
            {{ flag }},
        {% endfor -%}
        cast(position as bigint) as position,
        step_name,
        event_type,
        video_id,
        node_id,
        element_id
    from goal_steps
    union all
    select
        workspaces.workspace_id,
        default_steps.goal_id,
        default_steps.goal_name,
        true as is_default,
        default_steps.is_per_video,
        cast(default_steps.window_hours as double) as window_hours,
        {% for flag in flags_and_defaults -%}
            default_steps.{{ flag }},
        {% endfor -%}
        cast(default_steps.position as bigint) as position,
        default_steps.step_name,
        default_steps.event_type,
        cast(null as {{ string_type() }}) as video_id,
        cast(null as {{ string_type() }}) as node_id,
        cast(null as {{ string_type() }}) as element_id
    from default_steps
    cross join workspaces
    left join authored_goals
        on workspaces.workspace_id = authored_goals.workspace_id and default_steps.goal_id = authored_goals.goal_id
    where authored_goals.goal_id is null

),

final as (

    select
        workspace_id,
        goal_id,
        goal_name,
        is_default,
        is_per_video,
        case when window_hours > 0 then window_hours else {{ var('funnel_window_hours') }}e0 end as window_hours,
        {% for flag, default in flags_and_defaults.items() -%}
            coalesce({{ flag }}, {{ default }}) as {{ flag }},
        {% endfor -%}
        count(*) over (partition by workspace_id, goal_id) as step_count,
        position,
        coalesce(step_name, event_type) as step_name,
        event_type,
        video_id,
        node_id,
        element_id
    from steps
    where position <= {{ max_funnel_steps() }}

)

select * from final
