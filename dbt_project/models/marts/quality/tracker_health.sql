-- One row per emitter and day (the event's own): what arrived, what was wrong with it, what it became.
{{ config(materialized='table') }}

with

delivery_days as (

    select * from {{ ref('int_delivery_days') }}

),

event_days as (

    select * from {{ ref('int_event_days') }}

),

load_dates as (

    select * from {{ ref('current_loads') }}

),

rejected as (

    select * from {{ ref('rejected_event') }}

),

loads as (

    select * from {{ ref('stg_lake__loads') }}
    where status = 'loaded' and source <> 'catalog'

),

first_dates as (

    select
        source,
        load_id,
        min(event_date) as first_date
    from load_dates
    group by source, load_id

),

-- A record too broken to have a date counts for the first date of its load, or for the day it was loaded.
unreadable as (

    select
        rejected.source,
        coalesce(rejected.event_date, first_dates.first_date, cast(loads.loaded_at as date)) as event_date,
        count(*) as rejected_count
    from rejected
    inner join loads on rejected.source = loads.source and rejected.load_id = loads.load_id
    left join first_dates on rejected.source = first_dates.source and rejected.load_id = first_dates.load_id
    where rejected.rejected_by = 'ingestion'
    group by rejected.source, coalesce(rejected.event_date, first_dates.first_date, cast(loads.loaded_at as date))

),

delivered as (

    select
        source,
        event_date,
        sum(accepted_count) as accepted_count,
        sum(additional_event_count) as additional_event_count,
        sum(unusable_count) as unusable_count,
        sum(usable_count - distinct_event_count) as duplicate_count
    from delivery_days
    group by source, event_date

),

observed as (

    select
        source,
        event_date,
        sum(event_count) as event_count,
        sum(late_event_count) as late_event_count,
        sum(skew_corrected_count) as skew_corrected_count,
        sum(clock_replaced_count) as clock_replaced_count,
        sum(unknown_type_count) as unknown_type_count,
        sum(unknown_field_count) as unknown_field_count,
        sum(missing_received_at_count) as missing_received_at_count,
        sum(missing_device_count) as missing_device_count,
        sum(missing_video_count) as missing_video_count,
        min(first_occurred_at) as first_occurred_at,
        max(last_occurred_at) as last_occurred_at,
        max(last_received_at) as last_received_at
    from event_days
    group by source, event_date

),

watching as (

    select
        source,
        started_date as event_date,
        count(*) filter (where declared_excess_seconds > {{ var('segment_tolerance_seconds') }}) as implausible_view_count
    from {{ ref('int_views') }}
    group by source, started_date

),

keys as (

    select source, event_date from delivered
    union
    select source, event_date from unreadable

),

final as (

    select
        keys.source,
        keys.event_date,
        cast(coalesce(delivered.accepted_count, 0) as bigint) as accepted_count,
        cast(coalesce(delivered.additional_event_count, 0) as bigint) as additional_event_count,
        cast(coalesce(unreadable.rejected_count, 0) as bigint) as rejected_by_ingestion_count,
        cast(coalesce(delivered.unusable_count, 0) as bigint) as rejected_by_models_count,
        cast(coalesce(delivered.duplicate_count, 0) as bigint) as duplicate_count,
        {% for measure in [
            'event_count', 'late_event_count', 'skew_corrected_count', 'clock_replaced_count', 'unknown_type_count', 'unknown_field_count',
            'missing_received_at_count', 'missing_device_count', 'missing_video_count'
        ] -%}
            cast(coalesce(observed.{{ measure }}, 0) as bigint) as {{ measure }},
        {% endfor -%}
        coalesce(watching.implausible_view_count, 0) as implausible_view_count,
        observed.first_occurred_at,
        observed.last_occurred_at,
        observed.last_received_at
    from keys
    left join delivered on keys.source = delivered.source and keys.event_date = delivered.event_date
    left join unreadable on keys.source = unreadable.source and keys.event_date = unreadable.event_date
    left join observed on keys.source = observed.source and keys.event_date = observed.event_date
    left join watching on keys.source = watching.source and keys.event_date = watching.event_date

)

select * from final
