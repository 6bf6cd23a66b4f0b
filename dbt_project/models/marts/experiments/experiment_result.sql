-- One row per experiment, variant and metric: what the variant's units did, how that compares with the control, and how sure it is
-- (rules 66 to 69).
{{ config(materialized='table') }}
{% set lift = var('experiment_detectable_lift') ~ 'e0' %}
{% set shares = ['successes', 'units', 'control_successes', 'control_units'] %}
with

variants as (

    select * from {{ ref('int_experiment_variants') }}

),

metrics as (

    select * from {{ ref('int_experiment_metrics') }}

),

assigned as (

    select
        workspace_id,
        experiment_id,
        variant_id,
        count(*) as assigned_units,
        count(*) filter (where is_crossover) as crossover_units
    from {{ ref('int_experiment_units') }}
    group by workspace_id, experiment_id, variant_id

),

-- sums of whole thousandths: the same in whatever order they are added
sums as (

    select
        workspace_id,
        experiment_id,
        variant_id,
        metric,
        count(*) as units,
        cast(sum(cast(thousandths as decimal(18, 0))) as double) as total,
        cast(sum(cast(thousandths as decimal(18, 0)) * cast(thousandths as decimal(18, 0))) as double) as total_of_squares
    from {{ ref('int_experiment_outcomes') }}
    group by workspace_id, experiment_id, variant_id, metric

),

planned as (

    select
        variants.workspace_id,
        variants.experiment_id,
        variants.planned_share,
        coalesce(assigned.assigned_units, 0) as assigned_units,
        sum(coalesce(assigned.assigned_units, 0)) over (partition by variants.workspace_id, variants.experiment_id) as all_units
    from variants
    left join assigned
        on
            variants.workspace_id = assigned.workspace_id
            and variants.experiment_id = assigned.experiment_id
            and variants.variant_id = assigned.variant_id
    where variants.planned_share is not null

),

deviations as (

    select
        workspace_id,
        experiment_id,
        count(*) - 1 as degrees,
        min(all_units * planned_share) as least_expected,
        sum(power(assigned_units - all_units * planned_share, 2) / nullif(all_units * planned_share, 0)) as chi_square
    from planned
    group by workspace_id, experiment_id

),

ratios as (

    select
        workspace_id,
        experiment_id,
        case when least_expected >= 5 then {{ chi_square_survival('chi_square', 'degrees') }} end as sample_ratio_p_value
    from deviations

),

measured as (

    select
        variants.workspace_id,
        variants.experiment_id,
        variants.variant_id,
        metrics.metric,
        variants.name as experiment_name,
        variants.video_id,
        metrics.metric_kind,
        metrics.is_primary,
        variants.is_control,
        variants.planned_share,
        coalesce(assigned.assigned_units, 0) as assigned_units,
        coalesce(assigned.crossover_units, 0) as crossover_units,
        coalesce(sums.units, 0) as units,
        case
            when metrics.metric_kind = 'rate' then cast(floor(coalesce(sums.total, 0) / 1000 + 0.5e0) as bigint)
        end as successes,
        sums.total / 1000 / sums.units as outcome,
        case
            when sums.units > 1
                then sqrt(greatest(0e0, sums.total_of_squares - sums.total * sums.total / sums.units) / (sums.units - 1)) / 1000
        end as standard_deviation
    from variants
    inner join metrics on variants.workspace_id = metrics.workspace_id and variants.experiment_id = metrics.experiment_id
    left join assigned
        on
            variants.workspace_id = assigned.workspace_id
            and variants.experiment_id = assigned.experiment_id
            and variants.variant_id = assigned.variant_id
    left join sums
        on
            variants.workspace_id = sums.workspace_id
            and variants.experiment_id = sums.experiment_id
            and variants.variant_id = sums.variant_id
            and metrics.metric = sums.metric

),

with_errors as (

    select
        *,
        standard_deviation / sqrt(units) as standard_error,
        cast(units as double) - 1 as mean_degrees
    from measured

),

against_control as (

    select
        variants.*,
        controls.units as control_units,
        controls.successes as control_successes,
        controls.outcome as control_outcome,
        controls.standard_deviation as control_deviation,
        controls.standard_error as control_error,
        {{ welch_degrees('variants.standard_error', 'variants.units', 'controls.standard_error', 'controls.units') }} as welch_degrees,
        sqrt(
            variants.standard_error * variants.standard_error + controls.standard_error * controls.standard_error
        ) as difference_error
    from with_errors as variants
    inner join with_errors as controls
        on
            variants.workspace_id = controls.workspace_id
            and variants.experiment_id = controls.experiment_id
            and variants.metric = controls.metric
            and controls.is_control

),

tested as (

    select
        *,
        case when metric_kind = 'rate' and not is_control then {{ two_proportion_z(shares[0], shares[1], shares[2], shares[3]) }} end as z,
        case
            when metric_kind = 'mean' and not is_control and welch_degrees > 0.99e0
                then (outcome - control_outcome) / nullif(difference_error, 0)
        end as t
    from against_control

),

standardized as (

    select
        *,
        {{ student_t_as_normal('t', 'welch_degrees') }} as t_as_normal
    from tested

),

judged as (

    select
        *,
        case
            when metric_kind = 'rate' then 2 * {{ normal_survival('abs(z)') }}
            else {{ student_t_p_value('t', 'welch_degrees', 't_as_normal') }}
        end as p_value,
        case
            when metric_kind = 'rate'
                then
                    least(successes + control_successes, units + control_units - successes - control_successes)
                    * cast(least(units, control_units) as double) / nullif(units + control_units, 0)
        end as least_expected
    from standardized

),

ranked as (

    select
        *,
        count(p_value) over (partition by workspace_id, experiment_id, is_primary) as comparisons,
        row_number() over (
            partition by workspace_id, experiment_id, is_primary order by p_value asc nulls last, metric asc, variant_id asc
        ) as place
    from judged

),

adjusted as (

    select
        *,
        case
            when p_value is not null
                then
                    least(1e0, max((comparisons - place + 1) * p_value) over (
                        partition by workspace_id, experiment_id, is_primary
                        order by place
                        rows between unbounded preceding and current row
                    ))
        end as adjusted_p_value,
        case
            when metric_kind = 'rate' then {{ needed_units_of_rate('control_outcome', lift) }}
            else {{ needed_units_of_mean('control_outcome', 'control_deviation', lift) }}
        end as needed_units
    from ranked

),

final as (

    select
        ---------- grain
        adjusted.workspace_id,
        adjusted.experiment_id,
        adjusted.variant_id,
        adjusted.metric,

        ---------- what is compared
        adjusted.experiment_name,
        adjusted.video_id,
        adjusted.metric_kind,
        adjusted.is_primary,
        adjusted.is_control,

        ---------- who took part
        adjusted.planned_share,
        adjusted.assigned_units,
        adjusted.crossover_units,
        ratios.sample_ratio_p_value,

        ---------- outcome
        adjusted.units,
        adjusted.successes,
        adjusted.outcome,
        adjusted.standard_deviation,
        {% for bound, sign in {'low': '-', 'high': '+'}.items() -%}
            case
                when adjusted.metric_kind = 'rate' then {{ wilson_interval('adjusted.successes', 'adjusted.units', bound) }}
                when adjusted.units > 1
                    then adjusted.outcome {{ sign }} {{ student_t_quantile('adjusted.mean_degrees') }} * adjusted.standard_error
            end as outcome_{{ bound }},
        {% endfor %}
        ---------- lift against the control
        case when not adjusted.is_control then adjusted.outcome - adjusted.control_outcome end as lift,
        {% for bound, sign in {'low': '-', 'high': '+'}.items() -%}
            case
                when adjusted.is_control then null
                when adjusted.metric_kind = 'rate' then {{ share_difference_interval(shares[0], shares[1], shares[2], shares[3], bound) }}
                when adjusted.welch_degrees > 0.99e0
                    then
                        adjusted.outcome - adjusted.control_outcome
                        {{ sign }} {{ student_t_quantile('adjusted.welch_degrees') }} * adjusted.difference_error
            end as lift_{{ bound }},
        {% endfor -%}
        case when not adjusted.is_control then adjusted.outcome / nullif(adjusted.control_outcome, 0) - 1 end as relative_lift,
        {% for bound in ['low', 'high'] -%}
            case
                when adjusted.is_control then null
                when adjusted.metric_kind = 'rate' then {{ share_lift_interval(shares[0], shares[1], shares[2], shares[3], bound) }}
                else {{ mean_lift_interval('outcome', 'standard_error', 'control_outcome', 'control_error', bound) }}
            end as relative_lift_{{ bound }},
        {% endfor %}
        ---------- how sure
        adjusted.p_value,
        adjusted.adjusted_p_value,
        adjusted.needed_units,
        case
            when adjusted.is_control then null
            when ratios.sample_ratio_p_value < {{ var('sample_ratio_significance') }} then 'sample ratio mismatch'
            when
                adjusted.adjusted_p_value is null
                or least(adjusted.units, adjusted.control_units) < {{ var('experiment_minimum_units') }}
                or adjusted.least_expected < 5
                then 'not enough data'
            when adjusted.adjusted_p_value < {{ var('experiment_significance') }}
                then case when adjusted.outcome > adjusted.control_outcome then 'better' else 'worse' end
            when adjusted.needed_units is null or least(adjusted.units, adjusted.control_units) < adjusted.needed_units
                then 'not enough data'
            else 'no difference seen'
        end as verdict

    from adjusted
    left join ratios on adjusted.workspace_id = ratios.workspace_id and adjusted.experiment_id = ratios.experiment_id

)

select * from final
