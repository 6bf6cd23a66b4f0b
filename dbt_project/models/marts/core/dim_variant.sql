-- One row per experiment and variant that the catalog knows or that any view was shown; authored facts are those of the newest snapshot
-- that names the experiment.
{{ config(materialized='table') }}

with

variants as (

    select * from {{ ref('int_experiment_variants') }}

),

final as (

    select
        ---------- ids
        workspace_id,
        experiment_id,
        variant_id,

        ---------- the experiment
        name as experiment_name,
        video_id,
        unit,
        metric,
        starts_at,
        ends_at,

        ---------- the variant
        planned_share,
        is_control,
        is_in_catalog,

        ---------- what was seen of it
        first_seen_at,
        last_seen_at,
        view_count

    from variants

)

select * from final
