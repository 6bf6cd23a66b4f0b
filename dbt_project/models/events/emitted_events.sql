-- One row per event that an accepted record of any emitter tells of, in the event contract.
{{ config(materialized='view') }}

{% for emitter in [
    ref('stg_native__events'),
    ref('stg_mapped__events'),
    ref('translated_events'),
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
