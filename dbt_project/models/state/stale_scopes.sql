-- One row per session key that this run computes anew, with the stretch of its activity.
with

final as (

    select
        session_key,
        min(scope_from) as scope_from,
        max(scope_to) as scope_to
    from {{ ref('scope_journal') }}
    where base_version = (select last_finished_run.version from {{ ref('last_finished_run') }} as last_finished_run)
    group by session_key

)

select * from final
