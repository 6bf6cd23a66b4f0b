-- One row per click on the picture that hit no element active at that second, near misses told apart (rule 36).
{{ config(materialized='view', meta={'published_by': 'started_date'}) }}

with

clicks as (

    select * from {{ ref('int_clicks') }}
    where outcome in ('near_miss', 'false_click')

),

views as (

    select * from {{ ref('int_views') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

final as (

    select
        ---------- ids
        clicks.action_id as click_id,
        views.view_id,
        clicks.workspace_id,
        clicks.video_id,
        clicks.node_id,
        {{ viewer_id('views', 'device_users') }} as viewer_id,

        ---------- when and where
        clicks.occurred_at,
        clicks.started_date,
        clicks.position_seconds,
        clicks.x,
        clicks.y,
        clicks.bucket * {{ click_bucket_seconds() }} as from_second,
        clicks.cell_x,
        clicks.cell_y,

        ---------- what was missed
        clicks.outcome = 'near_miss' as is_near_miss,
        clicks.near_element_id,
        views.is_played

    from clicks
    inner join views on clicks.view_key = views.view_key and clicks.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id

)

select * from final
