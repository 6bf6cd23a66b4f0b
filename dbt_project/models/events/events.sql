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

-- Few keys are repeated, and of most of them one delivery came first: both are found over narrow rows, so that the full ones are read once.
keys as (

    {{ event_candidates(['event_key']) }}

),

repeated_keys as (

    select event_key from keys
    group by event_key
    having count(*) > 1

),

received as (

    {{ event_candidates(['event_key', 'received_at'] + key) }}

),

deliveries as (

    select
        event_key,
        received_at,
        rank() over (partition by {{ key | join(', ') }} order by received_at asc nulls last) as reception,
        count(*) over (partition by {{ key | join(', ') }}, received_at) as received_together
    from received
    where event_key in (select repeated_keys.event_key from repeated_keys)

),

first_deliveries as (

    select
        event_key,
        received_at,
        max(case when received_together > 1 or received_at is null then 1 else 0 end) over (partition by event_key) as is_tied
    from deliveries
    where reception = 1

),

decided as (

    select event_key, received_at from first_deliveries
    where is_tied = 0

),

tied_keys as (

    select event_key from first_deliveries
    where is_tied = 1

),

candidates as (

    {{ event_candidates(event_columns()) }}

),

marked as (

    select
        *,
        {{ is_listed('event_key', 'event_key', 'repeated_keys') }} as is_repeated,
        {{ is_listed('(event_key, received_at)', 'event_key, received_at', 'decided') }} as came_first
    from candidates

),

-- what was received at the same moment is compared field by field; where there is none of it, nothing is read here
tied_candidates as (

    {{ event_candidates(event_columns()) }}

),

tied as (

    select
        *,
        row_number() over (
            partition by {{ key | join(', ') }}
            order by
                {% for column in content -%}
                    {{ column }} asc nulls last{{ ',' if not loop.last }}
                {% endfor %}
        ) as delivery
    from tied_candidates
    where event_key in (select tied_keys.event_key from tied_keys)

),

final as (

    select
        {% for column in event_columns() -%}
            {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from marked
    where not is_repeated or came_first
    union all
    select
        {% for column in event_columns() -%}
            {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from tied
    where delivery = 1

)

select * from final
