-- One row per event: the accepted records of every emitter, each event once. Partitioned by the date its own clock states.
{{ config(
    materialized='incremental',
    incremental_strategy='add_to_dates',
    meta={'date_column': 'event_date', 'stale_dates': 'stale_event_dates'},
    on_schema_change='fail',
) }}
-- depends_on: {{ ref('stale_scopes') }}
-- depends_on: {{ ref('added_loads') }}
{% set key = ['workspace_id', 'source', 'event_date', 'event_id'] %}
{% set content = ['received_at', 'event_type', 'original_event_type', 'occurred_at', 'sent_at']
    + envelope_columns()[envelope_columns().index('device_id'):] %}
-- depends_on: {{ ref('stale_event_dates') }}
with

-- what may stand for an event: its records, and on a date that is only added to the row that stood for it until now
candidates as (

    select
        {% for column in event_columns() -%}
            staged.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('events_staged') }} as staged
    where
        staged.rejection_reason is null
        {{ and_newly_staged('staged') }}

    {% if is_incremental() and adds_to_dates() %}
    union all

    select
        {% for column in event_columns() -%}
            built.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ this }} as built
    where
        built.event_key in (
            select staged.event_key from {{ ref('events_staged') }} as staged
            where
                staged.rejection_reason is null
                {{ and_newly_staged('staged') }}
        )
        and built.event_date not in (select stale.event_date from {{ ref('stale_event_dates') }} as stale where stale.is_rebuilt)
        {{ and_stale_event_date('built.event_date') }}
    {% endif %}

),

-- Finding the few repeated keys first keeps the full rows out of every sort.
repeated_keys as (

    select event_key from candidates
    group by event_key
    having count(*) > 1

),

never_repeated as (

    select
        *,
        {{ is_listed('event_key', 'event_key', 'repeated_keys') }} as is_repeated
    from candidates

),

repeated as (

    select
        candidates.*,
        row_number() over (
            partition by
                {% for column in key -%}
                    candidates.{{ column }}{{ ',' if not loop.last }}
                {% endfor %}
            order by
                {% for column in content -%}
                    candidates.{{ column }} asc nulls last{{ ',' if not loop.last }}
                {% endfor %}
        ) as delivery
    from candidates
    where candidates.event_key in (select repeated_keys.event_key from repeated_keys)

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
