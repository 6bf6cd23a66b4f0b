-- One row per accepted record of every emitter, by rules 1 to 5 of docs/definitions.md; duplicates and unusable records are still in it.
{{ config(
    materialized='view',
    meta={'date_column': 'event_date', 'stale_dates': 'stale_event_dates'},
) }}
-- the data tests of this view ask about the stale dates alone (docs/decisions/0008), so those are known before it
-- depends_on: {{ ref('stale_event_dates') }}

with

emitted as (

    select * from {{ ref('emitted_events') }}

),

identified as (

    select
        emitted.load_id,
        {{ is_listed('emitted.load_id', 'load_id', ref('current_loads')) }} as is_committed,
        {{ is_listed('nullif(' ~ lowercase(trimmed('emitted.event_type')) ~ ', \'\')', 'event_type', ref('event_types')) }}
            as is_known_type,
        emitted.line_number,
        emitted.part_number,
        emitted.source,
        emitted.event_date,
        emitted.event_id,
        nullif({{ lowercase(trimmed('emitted.event_type')) }}, '') as stated_event_type,
        emitted.occurred_at as stated_occurred_at,
        emitted.sent_at,
        emitted.received_at,
        coalesce({{ identifier('emitted.workspace_id') }}, 'default') as workspace_id,
        {{ identifier('emitted.device_id') }} as device_id,
        {{ identifier('emitted.user_id') }} as user_id,
        {{ identifier('emitted.playback_id') }} as playback_id,
        emitted.sequence_number,
        {{ identifier('emitted.video_id') }} as video_id,
        coalesce({{ identifier('emitted.node_id') }}, {{ identifier('emitted.video_id') }}) as node_id,
        {{ plausible_seconds('emitted.position_seconds') }} as position_seconds,
        {{ plausible_seconds('emitted.position_from_seconds') }} as position_from_seconds,
        {{ plausible_seconds('emitted.position_to_seconds') }} as position_to_seconds,
        case when emitted.playback_rate > 0 and emitted.playback_rate <= 16 then emitted.playback_rate end as playback_rate,
        nullif({{ plausible_seconds('emitted.duration_seconds') }}, 0) as duration_seconds,
        {{ identifier('emitted.element_id') }} as element_id,
        emitted.element_type,
        {{ identifier('emitted.to_node_id') }} as to_node_id,
        {{ plausible_seconds('emitted.reported_watch_seconds') }} as reported_watch_seconds,
        {% for column in envelope_columns()[envelope_columns().index('destination_url'):] if column != 'reported_watch_seconds' -%}
            emitted.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from emitted

),

delivered as (

    -- the clock as the client would have read it, had it been right (transport takes less than a minute)
    select
        *,
        case
            when stated_occurred_at is null then received_at
            when abs({{ seconds_between('sent_at', 'received_at') }}) > {{ var('clock_skew_seconds') }}
                then {{ shift_by_difference('stated_occurred_at', 'sent_at', 'received_at') }}
            else stated_occurred_at
        end as clock
    from identified

),

timed as (

    select
        *,
        case
            when clock > received_at + interval '{{ var("clock_ahead_days") }}' day then received_at
            when clock < received_at - interval '{{ var("clock_behind_days") }}' day then received_at
            else clock
        end as occurred_at,
        case
            when stated_occurred_at is null then 'received'
            when clock > received_at + interval '{{ var("clock_ahead_days") }}' day then 'received'
            when clock < received_at - interval '{{ var("clock_behind_days") }}' day then 'received'
            when clock <> stated_occurred_at then 'skew_corrected'
            else 'client'
        end as clock_source
    from delivered

),

final as (

    select
        ---------- provenance
        load_id,
        line_number,
        part_number,
        case
            when stated_event_type is null then 'missing_event_type'
            when coalesce(device_id, user_id, playback_id) is null then 'missing_viewer'
            when occurred_at < cast('{{ var("earliest_event_date") }}' as timestamp) then 'implausible_time'
            when occurred_at >= cast('{{ var("latest_event_date") }}' as timestamp) then 'implausible_time'
            when {{ longest_identifier() }} > {{ var("longest_identifier") }} then 'identifier_too_long'
        end as rejection_reason,

        ---------- keys
        {{ hash_key(['workspace_id', 'source', 'event_date', 'event_id']) }} as event_key,
        {{ session_key() }} as session_key,
        case
            when playback_id is not null and video_id is not null
                then {{ hash_key([session_key(), 'source', 'video_id', 'playback_id']) }}
        end as playback_key,
        event_date,
        cast(occurred_at as date) as occurred_date,

        ---------- envelope
        source,
        event_id,
        case when is_known_type then stated_event_type else 'other' end as event_type,
        case when not is_known_type then stated_event_type end as original_event_type,
        occurred_at,
        clock_source,
        {% for column in envelope_columns()[envelope_columns().index('sent_at'):] -%}
            {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from timed
    -- what a killed ingestion left behind belongs to no load
    where is_committed

)

select * from final
