-- One row per second of a node at which views stopped watching it, by the day, campaign, device type and country of the views: what
-- losses add up from over any days and any filter (rule 58).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'started_date', 'stale_dates': 'stale_report_dates'},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
{% set slice = ['workspace_id', 'video_id', 'node_id', 'started_date', 'utm_campaign', 'device_type', 'country', 'second'] %}
with

departures as (

    select * from {{ ref('int_view_departures') }}
    {{ where_stale_report_date('started_date') }}

),

final as (

    select
        {{ slice | join(', ') }},
        count(*) filter (where is_lost) as lost,
        count(*) filter (where is_lost and not is_unseen_exit) as lost_seen,
        count(*) filter (where is_lost and is_played) as lost_plays,
        count(*) filter (where has_moved) as left_by_choice
    from departures
    where is_lost or has_moved
    group by {{ slice | join(', ') }}

)

select * from final
