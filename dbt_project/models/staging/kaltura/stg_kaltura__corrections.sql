-- One row per event that is understood with the help of others of the same playback and date: what they correct in it. Few rows.
-- A beacon that was delivered twice is one event here, so that deliveries change nothing.
{{ config(meta={'reads_across_records': true}) }}
{% set playback = "event_date, coalesce(partner_id, ''), video_id, playback_id" %}
{% set in_order = "received_at, event_id" %}
with

loads as (

    select load_id from {{ ref('stg_lake__load_dates') }}

),

-- narrow: it is read more than once, and kept
beacons as (

    select
        event_id,
        event_date,
        is_answer,
        code,
        {{ number_from_text('event_index', 'bigint') }} as event_index,
        occurred_at,
        received_at,
        partner_id,
        user_id,
        device_id,
        session_id,
        playback_id,
        video_id,
        entry_id,
        root_entry_id is not null as is_story,
        node_id,
        from_node_id,
        to_node_id,
        hotspot_id,
        {{ number_from_text('position') }} as position_seconds,
        {{ number_from_text('play_time_sum') }} as play_seconds
    from {{ ref('stg_kaltura__records') }}
    where
        (is_answer or event_index = '1' or code in ('1', '3', '4', '14', '33', '34', '35', '44', '47', '48', '99'))
        and load_id in (select loads.load_id from loads)

),

-- ---- the interactive player: where the viewer was, and what a switch of nodes was

story_beacons as (

    select
        event_id,
        event_date,
        partner_id,
        video_id,
        playback_id,
        code,
        received_at,
        node_id,
        from_node_id,
        to_node_id,
        hotspot_id,
        position_seconds
    from beacons
    where is_story and playback_id is not null and received_at is not null and code in ('1', '3', '33', '44', '47', '48')
    group by all

),

located as (

    select
        *,
        {{ last_known(
            "case code when '48' then to_node_id when '47' then null else node_id end", playback, in_order, until='1 preceding'
        ) }} as node_before,
        min(received_at) over (partition by {{ playback }}) as first_received_at
    from story_beacons

),

-- a hotspot lies in one node and leads to one place
hotspots as (

    select
        *,
        lag(code) over (partition by {{ playback }}, hotspot_id order by {{ in_order }}) as code_before,
        lag(from_node_id) over (partition by {{ playback }}, hotspot_id order by {{ in_order }}) as from_before,
        lag(received_at) over (partition by {{ playback }}, hotspot_id order by {{ in_order }}) as received_before
    from story_beacons
    where code in ('47', '48') and hotspot_id is not null

),

stuck_hotspots as (

    select event_id from hotspots
    where
        code = '48'
        and (
            (code_before = '47' and {{ seconds_between('received_before', 'received_at') }} > 1)
            or (code_before = '48' and from_before <> from_node_id)
        )

),

arrivals as (

    select
        *,
        lag(code) over (partition by {{ playback }} order by {{ in_order }}) as code_before,
        lag(node_id) over (partition by {{ playback }} order by {{ in_order }}) as arrived_node,
        lag(received_at) over (partition by {{ playback }} order by {{ in_order }}) as arrived_at
    from located
    where code in ('44', '48')

),

-- the first node is announced once it plays, but was there from the beginning
first_arrivals as (

    select
        event_id,
        event_date,
        first_received_at
    from arrivals
    where code = '44' and code_before is null and node_before = node_id

),

-- both were sent at once: a switch happened when its arrival did
switches as (

    select
        event_id,
        event_date,
        partner_id,
        video_id,
        playback_id,
        code,
        received_at,
        node_id,
        from_node_id,
        to_node_id,
        position_seconds,
        case
            when code_before = '44' and arrived_node = to_node_id and {{ seconds_between('arrived_at', 'received_at') }} <= 10
                then arrived_at
            else received_at
        end as switched_at
    from arrivals
    where code = '48'

),

switches_and_pauses as (

    select * from switches
    union all
    select
        event_id,
        event_date,
        partner_id,
        video_id,
        playback_id,
        code,
        received_at,
        node_id,
        from_node_id,
        to_node_id,
        position_seconds,
        cast(null as timestamp) as switched_at
    from story_beacons
    where code = '33'

),

neighbours as (

    select
        *,
        {% for side in ['lag', 'lead'] -%}
            {% for column in ['switched_at', 'from_node_id', 'to_node_id', 'position_seconds', 'received_at'] -%}
                {{ side }}({{ column }}) over (partition by {{ playback }} order by {{ in_order }}) as {{ side }}_{{ column }},
            {% endfor -%}
        {% endfor -%}
        code = '33' as is_pause
    from switches_and_pauses

),

-- leaving a node pauses its player, which by then calls itself by the next node's name
late_pauses as (

    select
        event_id,
        event_date,
        case when lag_to_node_id = node_id then lag_switched_at else lead_switched_at end as occurred_at,
        case when lag_to_node_id = node_id then lag_from_node_id else lead_from_node_id end as node_id
    from neighbours
    where
        is_pause
        and (
            (
                lag_to_node_id = node_id
                and {{ seconds_between('lag_received_at', 'received_at') }} <= 2
                and abs(lag_position_seconds - position_seconds) <= 1
            )
            or (
                coalesce(lag_to_node_id <> node_id, true)
                and lead_to_node_id = node_id
                and {{ seconds_between('received_at', 'lead_received_at') }} <= 2
                and abs(lead_position_seconds - position_seconds) <= 1
            )
        )

),

-- clocks that count whole seconds do not tell what was before a switch: what speaks of the node that was left was
before_switches as (

    select
        beacons.event_id,
        beacons.event_date,
        min(coalesce(case when beacons.code <> '47' then beacons.event_index end, 500000) - 1000000) as sequence_number
    from beacons
    inner join switches
        on
            beacons.event_date = switches.event_date
            and beacons.video_id = switches.video_id
            and beacons.playback_id = switches.playback_id
            and beacons.received_at = switches.switched_at
            and beacons.node_id = switches.from_node_id
    where beacons.code not in ('44', '48') and switches.from_node_id <> switches.to_node_id
    group by beacons.event_id, beacons.event_date

),

-- ---- the end: the last percent is announced up to half a percent early, and the player pauses where it really ends

steering as (

    select
        event_id,
        event_date,
        session_id,
        entry_id,
        code = '14' or code = '99' as is_end,
        code = '33' as is_pause,
        event_index,
        received_at,
        position_seconds
    from beacons
    where code in ('3', '4', '14', '33', '34', '35') or is_story and code = '99' and play_seconds is null
    group by all

),

followed as (

    select
        *,
        lead(is_pause) over (partition by event_date, session_id, entry_id order by {{ in_order }}) as is_followed_by_pause,
        lead(received_at) over (partition by event_date, session_id, entry_id order by {{ in_order }}) as paused_at,
        lead(position_seconds) over (partition by event_date, session_id, entry_id order by {{ in_order }}) as paused_seconds
    from steering

),

early_ends as (

    select
        event_id,
        event_date,
        paused_at,
        paused_seconds,
        event_index - 1000000 as sequence_number
    from followed
    where is_end and is_followed_by_pause and paused_seconds >= position_seconds

),

-- ---- the player's counter: after 30 s without playing it begins anew, and so does the numbering of its beacons

restarted as (

    select
        event_date,
        session_id,
        entry_id
    from beacons
    where not is_story and event_index = 1 and code not in ('1', '44', '47', '48')
    group by event_date, session_id, entry_id

),

counted as (

    select
        event_id,
        event_date,
        session_id,
        entry_id,
        received_at,
        play_seconds
    from beacons
    where
        code = '99'
        and play_seconds is not null
        and not is_story
        and (event_date, session_id, entry_id) in (select restarted.event_date, restarted.session_id, restarted.entry_id from restarted)
    group by all

),

advanced as (

    select
        *,
        lag(play_seconds) over (partition by event_date, session_id, entry_id order by {{ in_order }}) as seconds_before,
        lag(received_at) over (partition by event_date, session_id, entry_id order by {{ in_order }}) as received_before
    from counted

),

totals as (

    select
        event_id,
        event_date,
        sum(
            case
                when seconds_before is null then play_seconds
                when play_seconds >= seconds_before then play_seconds - seconds_before
                when {{ seconds_between('received_before', 'received_at') }} >= 30 then play_seconds
                else 0
            end
        ) over (partition by event_date, session_id, entry_id order by {{ in_order }} rows between unbounded preceding and current row)
            as reported_watch_seconds
    from advanced

),

-- ---- answers: the API knows who answered and when, beacons know in which playback

answers as (

    select
        event_date,
        user_id,
        entry_id
    from beacons
    where is_answer
    group by event_date, user_id, entry_id

),

moments as (

    select
        event_id,
        event_date,
        user_id,
        entry_id,
        coalesce(occurred_at, received_at) as happened_at,
        is_answer,
        case when not is_answer then device_id end as device_id,
        case when not is_answer then playback_id end as playback_id,
        case when not is_answer then video_id end as video_id,
        case when not is_answer and is_story then node_id end as node_id
    from beacons
    where (event_date, user_id, entry_id) in (select answers.event_date, answers.user_id, answers.entry_id from answers)
    group by all

),

placed_answers as (

    select
        *,
        {% for column in ['device_id', 'playback_id', 'video_id', 'node_id'] -%}
            {{ last_known(column, 'event_date, user_id, entry_id', 'happened_at, event_id') }} as last_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from moments

),

corrected as (

    {% set unsaid = {
        'occurred_at': 'cast(null as timestamp)', 'sequence_number': 'cast(null as bigint)', 'device_id': 'cast(null as ' ~ string_type() ~ ')',
        'playback_id': 'cast(null as ' ~ string_type() ~ ')', 'video_id': 'cast(null as ' ~ string_type() ~ ')',
        'node_id': 'cast(null as ' ~ string_type() ~ ')', 'is_default': 'cast(null as boolean)',
        'position_seconds': 'cast(null as double)',
        'reported_watch_seconds': 'cast(null as double)'
    } %}
    {% for relation, given in [
        ("located where code = '44'", {'sequence_number': -1}),
        ('first_arrivals', {'occurred_at': 'first_received_at'}),
        ("located where code = '47' and node_before is not null", {'node_id': 'node_before'}),
        ('switches', {
            'occurred_at': 'switched_at', 'sequence_number': -2,
            'is_default': 'event_id in (select stuck_hotspots.event_id from stuck_hotspots)'
        }),
        ('late_pauses', {'occurred_at': 'occurred_at', 'sequence_number': -3, 'node_id': 'node_id'}),
        ('before_switches', {'sequence_number': 'sequence_number'}),
        ('early_ends', {'occurred_at': 'paused_at', 'position_seconds': 'paused_seconds', 'sequence_number': 'sequence_number'}),
        ('totals', {'reported_watch_seconds': 'reported_watch_seconds'}),
        ('placed_answers where is_answer', {
            'device_id': 'last_device_id', 'playback_id': 'last_playback_id', 'video_id': 'last_video_id', 'node_id': 'last_node_id'
        }),
    ] -%}
        select
            event_id,
            event_date
            {%- for column, nothing in unsaid.items() %},
            {{ given.get(column, nothing) }} as {{ column }}
            {%- endfor %}
        from {{ relation }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- an answer that was exported twice may have been changed in between
final as (

    select
        event_id,
        event_date,
        {% for column in unsaid -%}
            {{ 'min' if column == 'sequence_number' else 'max' }}({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from corrected
    group by event_id, event_date

)

select * from final
