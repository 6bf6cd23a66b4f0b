-- One row per experiment and variant (rule 65): the plan.
select
    workspace_id,
    experiment_id,
    variant_id,
    coalesce(experiment_name, experiment_id) as experiment_name,
    video_id,
    unit,
    starts_at::date as starts_on,
    ends_at::date as ends_on,
    is_control,
    planned_share,
    is_in_catalog
from core.dim_variant
order by workspace_id, experiment_id, is_control desc, variant_id;
