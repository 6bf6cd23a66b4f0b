-- One row per device that was only ever seen with one user: whoever uses it unnamed is taken for that user (rule 24).
{{ config(materialized='table') }}

with

final as (

    select
        workspace_id,
        device_id,
        min(user_id) as user_id
    from {{ ref('int_device_user_days') }}
    group by workspace_id, device_id
    having count(distinct user_id) = 1

)

select * from final
