-- One row per event that an accepted record of a foreign format tells of, as its emitter's staging model maps it.
-- Kept, because events are read from it several times, while their records are parsed and understood once.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'event_date', 'stale_dates': 'stale_event_dates'},
) }}
-- depends_on: {{ ref('stale_event_dates') }}
{% for emitter in [
    ref('stg_kaltura__events'),
    ref('stg_openedx__events'),
    ref('stg_segment__events'),
    ref('stg_snowplow__events'),
    ref('stg_xapi__events'),
] -%}
    select
        load_id,
        line_number,
        part_number,
        source,
        event_date,
        {{ envelope_columns() | join(',\n        ') }}
    from {{ emitter }}
    where
        1 = 1
        {{ and_stale_event_date('event_date') }}
    {{ 'union all' if not loop.last }}
{% endfor %}
