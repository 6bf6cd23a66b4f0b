-- One row per experiment and metric it is judged by (rule 67).
{{ config(materialized='table') }}
{% set defaults = ['completion', 'watch_seconds', 'conversion', 'click_through'] %}
with

experiments as (

    select
        workspace_id,
        experiment_id,
        max(metric) as metric
    from {{ ref('int_experiment_variants') }}
    group by workspace_id, experiment_id

),

metrics as (

    select
        workspace_id,
        experiment_id,
        metric,
        true as is_primary
    from experiments
    where metric is not null
    {% for metric in defaults -%}
        union all
        select
            workspace_id,
            experiment_id,
            '{{ metric }}' as metric,
            false as is_primary
        from experiments
        where metric is distinct from '{{ metric }}'
    {% endfor %}

),

final as (

    select
        *,
        case when metric = 'watch_seconds' then 'mean' else 'rate' end as metric_kind
    from metrics

)

select * from final
