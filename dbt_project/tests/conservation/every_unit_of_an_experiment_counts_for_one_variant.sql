-- Devices, users and viewers are assigned once, and nobody succeeds unseen.
with

results as (

    select
        workspace_id,
        experiment_id,
        metric,
        sum(assigned_units) as assigned_units,
        sum(units) as units,
        sum(successes) as successes
    from {{ ref('experiment_result') }}
    group by workspace_id, experiment_id, metric

),

units as (

    select
        workspace_id,
        experiment_id,
        count(distinct unit_id) as units
    from {{ ref('int_experiment_units') }}
    group by workspace_id, experiment_id

),

outcomes as (

    select
        workspace_id,
        experiment_id,
        metric,
        count(distinct unit_id) as units,
        count(*) filter (where thousandths = 1000) as successes
    from {{ ref('int_experiment_outcomes') }}
    group by workspace_id, experiment_id, metric

)

select results.*
from results
left join units on results.workspace_id = units.workspace_id and results.experiment_id = units.experiment_id
left join outcomes
    on
        results.workspace_id = outcomes.workspace_id
        and results.experiment_id = outcomes.experiment_id
        and results.metric = outcomes.metric
where
    results.assigned_units <> coalesce(units.units, 0)
    or results.units <> coalesce(outcomes.units, 0)
    or results.successes <> coalesce(outcomes.successes, 0)
