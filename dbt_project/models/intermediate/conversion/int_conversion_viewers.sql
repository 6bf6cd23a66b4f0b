-- One row per conversion, with its session and its viewer: its own user, else whoever its session is (rule 71).
{{ config(materialized='table') }}

with

conversions as (

    select * from {{ ref('int_conversions') }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

owners as (

    select
        conversions.conversion_id,
        conversions.occurred_at,
        sessions.session_id,
        sessions.workspace_id,
        coalesce(conversions.user_id, sessions.user_id) as user_id,
        sessions.device_id,
        sessions.playback_id
    from conversions
    inner join sessions
        on conversions.session_key = sessions.session_key and conversions.session_started_at = sessions.session_started_at

),

final as (

    select
        owners.conversion_id,
        owners.session_id,
        owners.workspace_id,
        {{ viewer_id('owners', 'device_users') }} as viewer_id,
        owners.occurred_at
    from owners
    left join device_users on owners.workspace_id = device_users.workspace_id and owners.device_id = device_users.device_id

)

select * from final
