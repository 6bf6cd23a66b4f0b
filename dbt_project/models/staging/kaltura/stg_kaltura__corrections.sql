-- One row per event that is understood with the help of others: what they correct in it. Few rows. A beacon may correct itself and one before it.
with

neighbours as (

    select
        *,
        -- a hotspot lies in one node and leads to one place
        code = '48' and (
            hotspot_id = link_hotspot_id and {{ seconds_between('link_at', 'received_at') }} > 1
            or hotspot_id = switch_hotspot_id and from_node_id <> switch_from_node_id
        ) as is_stuck,
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
    from {{ ref('stg_kaltura__neighbours') }}

),

corrected as (

    select * from neighbours
    where
        code in ('44', '48')
        or is_elsewhere
        or is_late_pause
        or is_at_the_end
        or is_counted_anew
        or is_before_the_switch

),

targets as (

    select 'itself' as target
    union all
    select 'the end before' as target
    union all
    select 'the pause before' as target

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
        case when target = 'itself' then is_stuck end as is_default,
        case when target = 'itself' and is_counted_anew then played_seconds end as reported_watch_seconds
    from corrected
    cross join targets
    where
        target = 'itself'
        or (target = 'the end before' and is_at_the_end)
        or (target = 'the pause before' and is_after_its_pause)

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
