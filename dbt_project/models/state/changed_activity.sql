-- One row per session key and playback with events that arrived, or went, since the last finished run: from when to when.
-- A table of its own, although only scope_journal reads it, because it reads it several times: Spark copies a query to each place that
-- names it, and planning that many copies of all sources took longer than everything else of a small run (2026-11-23: 212 s).
{% set events = existing_relation('events', 'events') %}
-- depends_on: {{ ref('stale_event_dates') }}
-- depends_on: {{ ref('events_staged') }}
-- depends_on: {{ ref('current_loads') }}
-- depends_on: {{ ref('added_loads') }}
with

{% if events is none or flags.FULL_REFRESH %}

final as (

    select
        cast(0 as bigint) as session_key,
        cast(0 as bigint) as playback_key,
        cast(null as timestamp) as changed_from,
        cast(null as timestamp) as changed_to
    from {{ ref('current_loads') }}
    where 1 = 0

)

{% else %}

stale_dates as (

    select * from {{ ref('stale_event_dates') }}

),

added_loads as (

    select * from {{ ref('added_loads') }}

),

arrived as (

    select
        staged.session_key,
        staged.playback_key,
        staged.occurred_at,
        staged.event_key
    from {{ ref('events_staged') }} as staged
    left join added_loads
        on
            staged.source = added_loads.source
            and staged.load_id = added_loads.load_id
            and staged.event_date = added_loads.event_date
    left join stale_dates on staged.event_date = stale_dates.event_date
    where
        staged.rejection_reason is null
        and {{ in_stale_event_dates('staged.event_date') }}
        and (added_loads.load_id is not null or stale_dates.is_rebuilt)

),

displaced as (

    select
        events.session_key,
        events.playback_key,
        events.occurred_at
    from {{ events }} as events
    left join stale_dates on events.event_date = stale_dates.event_date
    where
        {{ in_stale_event_dates('events.event_date') }}
        and (stale_dates.is_rebuilt or exists (select 1 from arrived where arrived.event_key = events.event_key))

),

final as (

    select
        session_key,
        playback_key,
        min(occurred_at) as changed_from,
        max(occurred_at) as changed_to
    from (
        select session_key, playback_key, occurred_at from arrived
        union all
        select session_key, playback_key, occurred_at from displaced
    ) as changes
    group by session_key, playback_key

)

{% endif %}

select * from final
