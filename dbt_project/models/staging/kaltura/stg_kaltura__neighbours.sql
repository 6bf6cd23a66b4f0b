-- One row per beacon that steers playback or a story, with what the beacons beside it in its playback and date say. Narrow.
-- One chain without a second reader: only so do filters on event_date reach the lake's files. A beacon delivered twice sees what it would see once.
{{ config(meta={'reads_across_records': true}) }}
{% set playback = "event_date, coalesce(partner_id, ''), video_id, playback_id" %}
{% set in_order = "received_at, event_id" %}
{% set before = {
    'node_before': "case code when '48' then to_node_id when '47' then null else node_id end",
    'arrival_before': "case when code in ('44', '48') then code end",
    'node_played': "case when code = '44' then coalesce(node_id, '') end",
    'node_played_at': "case when code = '44' then received_at end",
    'link_hotspot_id': "case when code = '47' then coalesce(hotspot_id, '') end",
    'link_at': "case when code = '47' then received_at end",
    'switch_hotspot_id': "case when code = '48' then coalesce(hotspot_id, '') end",
    'switch_from_node_id': "case when code = '48' then coalesce(from_node_id, '') end",
    'play_seconds_before': 'play_seconds',
    'play_seconds_at': 'case when play_seconds is not null then received_at end',
    'steering_id': 'case when is_steering then event_id end',
    'steering_is_end': 'case when is_steering then is_end end',
    'steering_index': 'case when is_steering then coalesce(event_index, 0) end',
    'steering_seconds': 'case when is_steering then coalesce(position_seconds, 0) end',
    'steering_entry_id': "case when is_steering then coalesce(entry_id, '') end",
} %}
{% set switched = {
    'last_switch_at': "case when code = '48' then switched_at end",
    'last_switch_received_at': "case when code = '48' then received_at end",
    'last_switch_from_node_id': "case when code = '48' then coalesce(from_node_id, '') end",
    'last_switch_to_node_id': "case when code = '48' then coalesce(to_node_id, '') end",
    'last_switch_seconds': "case when code = '48' then coalesce(position_seconds, 0) end",
    'last_pause_id': "case when code = '33' then event_id end",
    'last_pause_at': "case when code = '33' then received_at end",
    'last_pause_node_id': "case when code = '33' then coalesce(node_id, '') end",
    'last_pause_seconds': "case when code = '33' then coalesce(position_seconds, 0) end",
} %}
with

loads as (

    select load_id from {{ ref('stg_lake__load_dates') }}

),

numbered as (

    select
        event_id,
        event_date,
        code,
        received_at,
        partner_id,
        video_id,
        playback_id,
        entry_id,
        root_entry_id is not null as is_story,
        node_id,
        from_node_id,
        to_node_id,
        hotspot_id,
        {{ number_from_text('event_index', 'bigint') }} as event_index,
        {{ number_from_text('position') }} as position_seconds,
        case when code = '99' then {{ number_from_text('play_time_sum') }} end as play_seconds
    from {{ ref('stg_kaltura__records') }}
    where
        received_at is not null
        and playback_id is not null
        and (root_entry_id is not null or code in ('3', '4', '14', '33', '34', '35', '99'))
        and load_id in (select loads.load_id from loads)

),

steered as (

    select
        *,
        code = '14' or (code = '99' and is_story and play_seconds is null) as is_end,
        code in ('3', '4', '14', '33', '34', '35') or (code = '99' and is_story and play_seconds is null) as is_steering
    from numbered

),

preceded as (

    select
        *,
        {% for name, expression in before.items() -%}
            {{ last_known(expression, playback, in_order, until='1 preceding') }} as {{ name }},
        {% endfor -%}
        first_value(received_at) over (
            partition by {{ playback }} order by {{ in_order }} rows between unbounded preceding and current row
        ) as first_received_at
    from steered

),

-- both were sent at once: a switch happened when its arrival did
timed as (

    select
        *,
        case
            when code = '48' and node_played = to_node_id and {{ seconds_between('node_played_at', 'received_at') }} <= 10
                then node_played_at
            when code = '48' then received_at
        end as switched_at,
        case
            when code = '48' and from_node_id <> to_node_id then from_node_id
            when code = '44' and node_before <> node_id then node_before
        end as left_node_id,
        case
            when play_seconds_before is null or play_seconds >= play_seconds_before
                then play_seconds - coalesce(play_seconds_before, 0)
            when {{ seconds_between('play_seconds_at', 'received_at') }} >= 30 then play_seconds
            else 0
        end as played_since_seconds
    from preceded

),

final as (

    select
        *,
        {% for name, expression in switched.items() -%}
            {{ last_known(expression, playback, in_order, until='1 preceding') }} as {{ name }},
        {% endfor -%}
        sum(played_since_seconds) over (
            partition by {{ playback }} order by {{ in_order }} rows between unbounded preceding and current row
        ) as played_seconds,
        max(left_node_id) over (partition by {{ playback }}, received_at) as node_left_now
    from timed

)

select * from final
