-- Who was lost at a second of a node was a view that had not finished; nobody is lost twice, and those who are lost watched that second.
with

lost as (

    select
        view_key,
        view_started_at,
        count(*) as times_lost
    from {{ ref('int_view_departures') }}
    where is_lost
    group by view_key, view_started_at

),

curve as (

    select sum(lost) as lost from {{ ref('survival_curve') }}

)

select
    lost.view_key,
    lost.view_started_at
from lost
where lost.times_lost > 1
union all
select
    curve.lost as view_key,
    null as view_started_at
from curve
where coalesce(curve.lost, 0) <> (select count(*) from lost)
