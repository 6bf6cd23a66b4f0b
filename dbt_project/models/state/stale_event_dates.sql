-- One row per event date that this run computes anew, as a whole or by what arrived.
with

final as (

    select
        event_date,
        -- only new loads came, in this run alone: what changed is what they brought and what it displaced
        bool_or(is_rebuilt or attempt <> '{{ invocation_id }}') as is_rebuilt
    from {{ ref('event_date_journal') }}
    where base_version = (select last_finished_run.version from {{ ref('last_finished_run') }} as last_finished_run)
    group by event_date

)

select * from final
