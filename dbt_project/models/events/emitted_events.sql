-- One row per event that an accepted record tells of, as its emitter's staging model maps it: the one place above staging that names emitters.
-- A record may tell of several events: then each is a part of it.
{{ config(materialized='view') }}

{% for emitter in [
    ref('stg_kaltura__events'),
    ref('stg_mapped__events'),
    ref('stg_native__events'),
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
    {{ 'union all' if not loop.last }}
{% endfor %}
