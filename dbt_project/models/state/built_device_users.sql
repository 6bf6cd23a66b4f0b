-- One row per device and user that the last finished run took for one.
{{ commit_after_everything() }}

select * from {{ ref('int_device_users') }}
