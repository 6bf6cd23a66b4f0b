-- One row per experiment and variant: those the newest snapshot writes, and those only views know (rule 65).
{{ config(materialized='table') }}
{% set facts = ['name', 'video_id', 'unit', 'metric', 'starts_at', 'ends_at'] %}
with

authored as (

    {{ newest_versions(ref('stg_catalog__experiments'), ['workspace_id', 'experiment_id'], facts + ['variants']) }}

),

listed as (

    {{ unnest_json_records('authored', ['workspace_id', 'experiment_id'], 'variants', {
        'variant_id': 'string', 'planned_share': 'string'
    }) }}

),

named as (

    select
        workspace_id,
        experiment_id,
        {{ identifier('variant_id') }} as variant_id,
        position,
        case when {{ number_from_text('planned_share') }} > 0 then {{ number_from_text('planned_share') }} end as written_share,
        row_number() over (partition by workspace_id, experiment_id, {{ identifier('variant_id') }} order by position) as listing
    from listed
    where {{ identifier('variant_id') }} is not null

),

-- of a variant listed twice the first counts
authored_variants as (

    select * from named
    where listing = 1

),

observed as (

    select
        workspace_id,
        experiment_id,
        variant_id,
        min(view_started_at) as first_seen_at,
        max(view_ended_at) as last_seen_at,
        count(*) as view_count
    from {{ ref('int_views') }}
    where experiment_id is not null and variant_id is not null
    group by workspace_id, experiment_id, variant_id

),

-- who has no share of their own shares what the others leave
written as (

    select
        *,
        coalesce(sum(written_share) over (partition by workspace_id, experiment_id), 0) as written_shares,
        sum(case when written_share is null then 1 else 0 end) over (partition by workspace_id, experiment_id) as shareless_variants
    from authored_variants

),

shared as (

    select
        *,
        coalesce(written_share, greatest(1 - written_shares, 0) / nullif(shareless_variants, 0)) as share
    from written

),

keys as (

    select workspace_id, experiment_id, variant_id from authored_variants
    union
    select workspace_id, experiment_id, variant_id from observed

),

described as (

    select
        keys.workspace_id,
        keys.experiment_id,
        keys.variant_id,
        {% for fact in facts if fact not in ['unit', 'metric'] -%}
            authored.{{ fact }},
        {% endfor -%}
        {{ lowercase(trimmed('authored.metric')) }} as metric,
        case {{ lowercase(trimmed('authored.unit')) }} when 'device' then 'device' when 'user' then 'user' else 'viewer' end as unit,
        shared.position,
        shared.share / nullif(sum(shared.share) over (partition by keys.workspace_id, keys.experiment_id), 0) as planned_share,
        shared.variant_id is not null as is_in_catalog,
        observed.first_seen_at,
        observed.last_seen_at,
        coalesce(observed.view_count, 0) as view_count
    from keys
    left join authored on keys.workspace_id = authored.workspace_id and keys.experiment_id = authored.experiment_id
    left join shared
        on
            keys.workspace_id = shared.workspace_id
            and keys.experiment_id = shared.experiment_id
            and keys.variant_id = shared.variant_id
    left join observed
        on
            keys.workspace_id = observed.workspace_id
            and keys.experiment_id = observed.experiment_id
            and keys.variant_id = observed.variant_id

),

final as (

    select
        *,
        row_number() over (
            partition by workspace_id, experiment_id
            order by
                position asc nulls last,
                case when {{ lowercase(trimmed('variant_id')) }} = 'control' then 0 else 1 end,
                variant_id
        ) = 1 as is_control
    from described

)

select * from final
