-- One row per emitter, workspace and event date: what was delivered, before duplicates and unusable records are put aside.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'event_date', 'stale_dates': 'stale_event_dates'},
) }}
-- depends_on: {{ ref('stale_event_dates') }}
with

staged as (

    select * from {{ ref('events_staged') }}
    where
        1 = 1
        {{ and_stale_event_date('event_date') }}

),

final as (

    select
        source,
        workspace_id,
        event_date,
        count(*) filter (where part_number = 1) as accepted_count,
        count(*) filter (where part_number > 1) as additional_event_count,
        count(*) filter (where rejection_reason is not null) as unusable_count,
        count(*) filter (where rejection_reason is null) as usable_count,
        count(distinct case when rejection_reason is null then event_key end) as distinct_event_count
    from staged
    group by source, workspace_id, event_date

)

select * from final
