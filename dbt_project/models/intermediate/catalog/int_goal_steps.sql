-- One row per goal and step, as the newest snapshot that names the goal writes them.
{{ config(materialized='table') }}
{% set goal_columns = ['workspace_id', 'goal_id', 'goal_name', 'window_hours', 'is_ordered', 'is_strict', 'is_increasing', 'is_closed'] %}
with

newest as (

    {{ newest_versions(
        ref('stg_catalog__goals'),
        ['workspace_id', 'goal_id'],
        ['name', 'window_hours', 'is_ordered', 'is_strict', 'is_increasing', 'is_closed', 'steps']
    ) }}

),

goals as (

    select
        *,
        name as goal_name
    from newest

),

steps as (

    {{ unnest_json_records('goals', goal_columns, 'steps', {
        'event_type': 'string', 'step_name': 'string', 'video_id': 'string', 'node_id': 'string', 'element_id': 'string'
    }) }}

),

final as (

    select
        {{ goal_columns | join(', ') }},
        position,
        {{ lowercase(trimmed('event_type')) }} as event_type,
        step_name,
        {{ identifier('video_id') }} as video_id,
        {{ identifier('node_id') }} as node_id,
        {{ identifier('element_id') }} as element_id
    from steps

)

select * from final
