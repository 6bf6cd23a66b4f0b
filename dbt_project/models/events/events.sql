-- One row per event: the accepted records of every emitter, each event once. Partitioned by the date its own clock states.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'event_date', 'stale_dates': 'stale_event_dates'},
    on_schema_change='fail',
) }}
-- depends_on: {{ ref('stale_scopes') }}
{% set key = ['workspace_id', 'source', 'event_date', 'event_id'] %}
{% set content = ['received_at', 'event_type', 'original_event_type', 'occurred_at', 'sent_at']
    + envelope_columns()[envelope_columns().index('device_id'):] %}
-- depends_on: {{ ref('stale_event_dates') }}
with

-- Finding the few repeated keys first keeps the full rows out of every sort.
repeated_keys as (

    select event_key from {{ ref('events_staged') }}
    where
        rejection_reason is null
        {{ and_stale_event_date('event_date') }}
    group by event_key
    having count(*) > 1

),

never_repeated as (

    select
        *,
        {{ is_listed('event_key', 'event_key', 'repeated_keys') }} as is_repeated
    from {{ ref('events_staged') }}
    where
        rejection_reason is null
        {{ and_stale_event_date('event_date') }}

),

repeated as (

    select
        staged.*,
        row_number() over (
            partition by
                {% for column in key -%}
                    staged.{{ column }}{{ ',' if not loop.last }}
                {% endfor %}
            order by
                {% for column in content -%}
                    staged.{{ column }} asc nulls last{{ ',' if not loop.last }}
                {% endfor %}
        ) as delivery
    from {{ ref('events_staged') }} as staged
    where
        staged.rejection_reason is null
        and staged.event_key in (select repeated_keys.event_key from repeated_keys)
        {{ and_stale_event_date('event_date') }}

),

final as (

    select
        {% for column in event_columns() -%}
            {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from never_repeated
    where not is_repeated
    union all
    select
        {% for column in event_columns() -%}
            {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from repeated
    where delivery = 1

)

select * from final
