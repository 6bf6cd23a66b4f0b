-- One row per report date whose views, sessions or viewers may have changed since the last finished run.
with

final as (

    select report_date
    from {{ ref('report_date_journal') }}
    where base_version = (select last_finished_run.version from {{ ref('last_finished_run') }} as last_finished_run)
    group by report_date

)

select * from final
