-- One row per experiment, metric and variant (rules 66 to 69): the primary metric first, the control first.
-- A variant with too few units is withheld, and with its control's too few so is every comparison.
with

judged as (

    select
        *,
        is_small(units) or is_small(assigned_units) as is_withheld,
        bool_or(is_control and (is_small(units) or is_small(assigned_units)))
            over (partition by workspace_id, experiment_id, metric) as is_control_withheld
    from experiments.experiment_result

)

select
    workspace_id,
    experiment_id,
    metric,
    metric_kind,
    variant_id,
    is_primary,
    is_control,
    sample_ratio_p_value,
    needed_units,
    is_withheld,
    is_withheld or is_control_withheld as is_comparison_withheld,
    case when not is_withheld then assigned_units end as assigned_units,
    case when not is_withheld then crossover_units end as crossover_units,
    case when not is_withheld then units end as units,
    case when not is_withheld then outcome end as outcome,
    case when not is_withheld then outcome_low end as outcome_low,
    case when not is_withheld then outcome_high end as outcome_high,
    case when not is_withheld and not is_control_withheld then relative_lift end as relative_lift,
    case when not is_withheld and not is_control_withheld then relative_lift_low end as relative_lift_low,
    case when not is_withheld and not is_control_withheld then relative_lift_high end as relative_lift_high,
    case when not is_withheld and not is_control_withheld then adjusted_p_value end as adjusted_p_value,
    case when not is_withheld and not is_control_withheld then verdict end as verdict
from judged
order by workspace_id, experiment_id, is_primary desc, metric, is_control desc, variant_id;
