-- One row per UTC date from the first to the last on which anything happened.
{{ config(materialized='table') }}

with

span as (

    select
        min(started_date) as first_date,
        max(cast(session_ended_at as date)) as last_date
    from {{ ref('int_sessions') }}

),

known_span as (

    select * from span
    where first_date is not null

),

dates as (

    {{ unnest_dates('known_span', [], 'first_date', 'last_date') }}

),

final as (

    select
        date_day,
        cast(date_trunc('week', date_day) as date) as week_start_date,
        cast(date_trunc('month', date_day) as date) as month_start_date,
        cast(date_trunc('quarter', date_day) as date) as quarter_start_date,
        cast(date_trunc('year', date_day) as date) as year_start_date,
        cast(extract(year from date_day) as bigint) as year_number,
        cast(extract(month from date_day) as bigint) as month_number,
        {{ iso_weekday('date_day') }} as iso_weekday,
        {{ iso_weekday('date_day') }} >= 6 as is_weekend
    from dates

)

select * from final
