-- One row per experiment and unit that was shown a variant of it while it ran: the variant it saw first (rule 66).
{{ config(materialized='table') }}
with

experiments as (

    select
        workspace_id,
        experiment_id,
        max(unit) as unit,
        max(starts_at) as starts_at,
        max(ends_at) as ends_at
    from {{ ref('int_experiment_variants') }}
    group by workspace_id, experiment_id

),

views as (

    select * from {{ ref('int_views') }}
    where experiment_id is not null and variant_id is not null

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

shown as (

    select
        views.workspace_id,
        views.experiment_id,
        views.variant_id,
        views.view_id,
        views.view_started_at,
        views.video_id,
        experiments.unit,
        experiments.ends_at,
        'device:' || views.device_id as device_unit,
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from views
    inner join experiments on views.workspace_id = experiments.workspace_id and views.experiment_id = experiments.experiment_id
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id
    where
        (experiments.starts_at is null or views.view_started_at >= experiments.starts_at)
        and (experiments.ends_at is null or views.view_started_at < experiments.ends_at)

),

identified as (

    select
        *,
        case
            when unit = 'device' then device_unit
            when unit = 'viewer' or viewer_id like 'user:%' then viewer_id
        end as unit_id
    from shown

),

final as (

    select
        workspace_id,
        experiment_id,
        unit_id,
        case when max(unit) = 'device' then 'device' else 'viewer' end as identity,
        min_by(variant_id, {{ comparable_row(['view_started_at', 'view_id']) }}) as variant_id,
        min(view_started_at) as first_exposed_at,
        max(ends_at) as ends_at,
        count(distinct variant_id) > 1 as is_crossover
    from identified
    where unit_id is not null
    group by workspace_id, experiment_id, unit_id

)

select * from final
