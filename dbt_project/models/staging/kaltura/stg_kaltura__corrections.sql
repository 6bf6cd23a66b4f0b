-- One row per event that is understood with the help of others of its playback and date: what they correct in it. Few rows.
-- Narrow, and one chain without a second reader: only so do filters on event_date reach the lake's files.
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
        -- not left out by a filter: it would parse each record once for every column it asks for
        case when playback_id is not null and not is_answer then code end as code,
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
    where received_at is not null and load_id in (select loads.load_id from loads)

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

neighbours as (

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

),

judged as (

    select
        *,
        -- a hotspot lies in one node and leads to one place
        coalesce(hotspot_id = link_hotspot_id and {{ seconds_between('link_at', 'received_at') }} > 1, false)
        or coalesce(hotspot_id = switch_hotspot_id and from_node_id <> switch_from_node_id, false) as is_stuck,
        code = '44' and arrival_before is null and node_before = node_id as is_first_arrival,
        code = '47' and node_before <> coalesce(node_id, '') as is_elsewhere,
        -- leaving a node pauses its player, which by then calls itself by the next node's name
        code = '33'
        and last_switch_to_node_id = node_id
        and {{ seconds_between('last_switch_received_at', 'received_at') }} <= 2
        and abs(last_switch_seconds - position_seconds) <= 1 as is_late_pause,
        code = '48'
        and last_pause_node_id = to_node_id
        and from_node_id <> to_node_id
        and {{ seconds_between('last_pause_at', 'received_at') }} <= 2
        and abs(last_pause_seconds - position_seconds) <= 1 as is_after_its_pause,
        -- the last percent is announced up to half a percent early, and the player pauses where it really ends
        code = '33' and steering_is_end and steering_entry_id = entry_id and steering_seconds <= position_seconds as is_at_the_end,
        -- after 30 s without playing the counter begins anew
        not is_story and play_seconds < played_seconds as is_counted_anew,
        -- clocks of whole seconds do not tell what was before a switch: what speaks of the node that was left was
        code not in ('44', '48') and node_id = node_left_now as is_before_the_switch
    from neighbours

),

corrected as (

    select
        *,
        code in ('44', '48') or is_elsewhere or is_late_pause or is_counted_anew or is_before_the_switch as is_corrected
    from judged

),

targets as (

    select 'itself' as target
    union all
    select 'the end before' as target
    union all
    select 'the pause before' as target

),

-- a beacon may correct itself, and one before it
aimed as (

    select
        corrected.*,
        targets.target
    from corrected
    cross join targets
    where
        (targets.target = 'itself' and corrected.is_corrected)
        or (targets.target = 'the end before' and corrected.is_at_the_end)
        or (targets.target = 'the pause before' and corrected.is_after_its_pause)

),

said as (

    select
        event_date,
        target,
        case target when 'the end before' then steering_id when 'the pause before' then last_pause_id else event_id end as event_id,
        case
            when target = 'the end before' then received_at
            when target = 'the pause before' then switched_at
            when code = '48' then switched_at
            when is_first_arrival then first_received_at
            when is_late_pause then last_switch_at
        end as occurred_at,
        case
            when target = 'the end before' then steering_index - 1000000
            when target = 'the pause before' or is_late_pause then -3
            when code = '48' then -2
            when code = '44' then -1
            when is_before_the_switch then coalesce(case when code <> '47' then event_index end, 500000) - 1000000
        end as sequence_number,
        case
            when target = 'the pause before' then from_node_id
            when target = 'the end before' then null
            when is_elsewhere then node_before
            when is_late_pause then last_switch_from_node_id
        end as node_id,
        case when target = 'the end before' then position_seconds end as position_seconds,
        case when target = 'itself' and code = '48' then is_stuck end as is_default,
        case when target = 'itself' and is_counted_anew then played_seconds end as reported_watch_seconds
    from aimed

),

-- a beacon that was delivered twice is one event
final as (

    select
        event_id,
        event_date,
        min(occurred_at) as occurred_at,
        min(sequence_number) as sequence_number,
        min(node_id) as node_id,
        min(position_seconds) as position_seconds,
        max(is_default) as is_default,
        max(reported_watch_seconds) as reported_watch_seconds
    from said
    group by event_id, event_date

)

select * from final
