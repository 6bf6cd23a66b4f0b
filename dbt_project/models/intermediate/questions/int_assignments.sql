-- One row per learner and assigned video, as the workspace's newest snapshot of assignments has them: one left out of it is withdrawn.
{{ config(materialized='table') }}

with

newest as (

    {{ newest_snapshot(ref('stg_catalog__assignments'), ['workspace_id', 'user_id', 'video_id'], ['assigned_at', 'due_at', 'org_unit']) }}

),

final as (

    select
        workspace_id,
        user_id,
        'user:' || user_id as viewer_id,
        video_id,
        org_unit,
        assigned_at,
        due_at
    from newest

)

select * from final
