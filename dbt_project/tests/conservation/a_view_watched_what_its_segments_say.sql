-- watch_seconds is the sum of the derived segments, in a declared view at least the declared union; declared segments never overlap,
-- so that their lengths add up to unique_watched_seconds. A millisecond of rounding a segment is allowed.
with

summed as (

    select
        view_id,
        count(*) as segment_count,
        sum(case when evidence = 'derived' then watched_seconds else 0 end) as derived_seconds,
        sum(case when evidence = 'declared' then watched_seconds else 0 end) as declared_seconds,
        count(case when evidence = 'declared' then 1 end) as declared_count,
        min(case when is_coverage then 1 else 0 end) as is_all_coverage
    from {{ ref('fct_watched_segment') }}
    {{ where_changed('started_date') }}
    group by view_id

),

views as (

    select * from {{ ref('fct_view') }}
    {{ where_changed('started_date') }}

)

select
    views.view_id,
    views.coverage_source,
    views.watch_seconds,
    views.unique_watched_seconds,
    summed.derived_seconds,
    summed.declared_seconds
from views
left join summed on views.view_id = summed.view_id
where
    case
        when views.coverage_source = 'derived'
            then
                abs(views.watch_seconds - coalesce(summed.derived_seconds, 0)) > 0.001 * coalesce(summed.segment_count + 1, 1)
                or coalesce(summed.declared_count, 0) > 0
        else
            summed.declared_count is null
            or views.unique_watched_seconds > summed.declared_seconds + 0.001 * (summed.segment_count + 1)
            or views.watch_seconds < views.unique_watched_seconds
            or views.watch_seconds > greatest(summed.derived_seconds, views.unique_watched_seconds) + 0.001 * (summed.segment_count + 1)
    end
