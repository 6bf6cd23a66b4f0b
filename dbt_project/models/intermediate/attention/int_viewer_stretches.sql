-- One row per unbroken stretch of seconds of a node that a viewer covered, in whatever views.
{{ config(materialized='table') }}

with

view_stretches as (

    select * from {{ ref('int_view_stretches') }}

),

views as (

    select * from {{ ref('int_views') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

owned as (

    select
        views.workspace_id,
        views.video_id,
        view_stretches.node_id,
        {{ viewer_id('views', 'device_users') }} as viewer_id,
        view_stretches.first_second,
        view_stretches.last_second
    from view_stretches
    inner join views on view_stretches.view_key = views.view_key and view_stretches.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id

),

final as (

    {{ covered_stretches('owned', ['workspace_id', 'video_id', 'node_id', 'viewer_id']) }}

)

select * from final
