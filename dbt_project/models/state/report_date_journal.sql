-- One row per report date and run that found it stale: its views, sessions or viewers may differ from those of the last finished run.
-- It is written before anything is replaced by report date and stays in force until a run finishes (its base_version is then superseded):
-- for whom a killed run took a device stands in what it wrote, though the next may take it for nobody, as the last finished one did.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
) }}
-- depends_on: {{ ref('int_device_users') }}
-- depends_on: {{ ref('int_views') }}
-- depends_on: {{ ref('int_sessions') }}
-- depends_on: {{ ref('int_actions') }}
{% set built = existing_relation('state', 'built_device_users') %}
with

scopes as (

    select * from {{ ref('stale_scopes') }}

),

scope_stretches as (

    select
        cast(scope_from as date) as first_date,
        cast(scope_to as date) as last_date
    from scopes
    group by cast(scope_from as date), cast(scope_to as date)

),

scope_dates as (

    {{ unnest_dates('scope_stretches', [], 'first_date', 'last_date') }}

),

{% if built is none %}
-- nobody knows for whom the devices were taken: every date counts anew
renamed_dates as (

    select started_date as date_day from {{ ref('int_sessions') }}
    group by started_date

),
{% else %}
renamed_devices as (

    {{ differing_versions('int_device_users', built, ['workspace_id', 'device_id', 'user_id']) }}

),

renamed_keys as (

    select workspace_id, device_id from renamed_devices
    group by workspace_id, device_id

),

renamed_activity as (

    select workspace_id, device_id, started_date as date_day from {{ ref('int_views') }}
    union all
    select workspace_id, device_id, started_date as date_day from {{ ref('int_sessions') }}
    union all
    select workspace_id, device_id, occurred_date as date_day from {{ ref('int_actions') }}

),

renamed_dates as (

    select renamed_activity.date_day
    from renamed_activity
    inner join renamed_keys
        on renamed_activity.workspace_id = renamed_keys.workspace_id and renamed_activity.device_id = renamed_keys.device_id
    group by renamed_activity.date_day

),
{% endif %}

changes as (

    select date_day from scope_dates
    union
    select date_day from renamed_dates

),

final as (

    select
        last_finished_run.version as base_version,
        changes.date_day as report_date
    from changes
    cross join {{ ref('last_finished_run') }} as last_finished_run

)

select * from final
