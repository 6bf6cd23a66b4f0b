-- One row per accepted Kaltura record, in the event contract.
with

records as (

    select * from {{ ref('stg_kaltura__records') }}

),

corrections as (

    select * from {{ ref('stg_kaltura__corrections') }}

),

answer_places as (

    select * from {{ ref('stg_kaltura__answer_places') }}

),

event_types as (

    select * from {{ ref('kaltura_event_types') }}

),

coded as (

    select
        *,
        case when is_answer then 'QuizAnswer' else code end as known_code,
        coalesce(button_name, page_name) as button,
        nullif(coalesce(button_value, page_value), '') as button_said
    from records

),

translated as (

    select
        coded.*,
        -- the interactive player sends the end of a node under the number of a heartbeat, without its counter
        coded.code = '99' and coded.root_entry_id is not null and coded.play_time_sum is null as is_end,
        coalesce(named.name, general.name, coded.code) as name,
        coalesce(named.event_type, general.event_type) as known_event_type,
        nullif(case when named.code is null then general.element_type else named.element_type end, '') as known_element_type,
        case when named.code is null then general.element_named_by else named.element_named_by end as element_named_by,
        coalesce(named.has_position, general.has_position, true) as has_position
    from coded
    left join event_types as named
        on coded.known_code = named.code and {{ lowercase('coded.button') }} = named.button and named.button <> 'any'
    left join event_types as general on coded.known_code = general.code and general.button = 'any'

),

joined as (

    select
        translated.*,
        corrections.occurred_at as corrected_occurred_at,
        corrections.sequence_number as corrected_sequence_number,
        answer_places.device_id as answer_device_id,
        answer_places.playback_id as answer_playback_id,
        answer_places.video_id as answer_video_id,
        coalesce(corrections.node_id, answer_places.node_id) as corrected_node_id,
        corrections.position_seconds as corrected_position_seconds,
        coalesce(corrections.is_default, false) as is_default,
        corrections.reported_watch_seconds as corrected_watch_seconds,
        case
            when translated.element_named_by = 'hotspot' then translated.hotspot_id
            when translated.element_named_by = 'value' then coalesce(translated.button_said, translated.button)
            when translated.element_named_by = 'button' then translated.button
            when translated.is_answer then translated.question_id
        end as stated_element_id
    from translated
    left join corrections on translated.event_date = corrections.event_date and translated.event_id = corrections.event_id
    left join answer_places
        on translated.is_answer and translated.event_date = answer_places.event_date and translated.event_id = answer_places.event_id

),

final as (

    select
        load_id,
        line_number,
        cast(1 as bigint) as part_number,
        'kaltura' as source,
        event_date,
        event_id,
        case
            when is_end then 'ended'
            when known_event_type <> 'other' then known_event_type
            else 'kaltura:' || name
        end as event_type,
        coalesce(corrected_occurred_at, occurred_at) as occurred_at,
        cast(null as timestamp) as sent_at,
        received_at,
        partner_id as workspace_id,
        coalesce(device_id, answer_device_id) as device_id,
        user_id,
        coalesce(playback_id, answer_playback_id) as playback_id,
        -- three kinds of beacons repeat the number of the first one
        coalesce(
            corrected_sequence_number,
            case when code not in ('44', '47', '48') then {{ number_from_text('event_index', 'bigint') }} end
        ) as sequence_number,
        coalesce(answer_video_id, video_id) as video_id,
        case
            when corrected_node_id is not null then corrected_node_id
            when code = '48' then coalesce(from_node_id, node_id)
            when root_entry_id is not null then node_id
            else entry_id
        end as node_id,

        case
            when corrected_position_seconds is not null then corrected_position_seconds
            -- of a question at the very beginning nothing is known: the API has no other way to say that
            when is_answer then nullif({{ number_from_text('start_time') }}, 0) / 1000
            when has_position then {{ number_from_text('position') }}
        end as position_seconds,
        cast(null as double) as position_from_seconds,
        case
            when known_event_type = 'seek' then {{ number_from_text("coalesce(target_position, position)") }}
        end as position_to_seconds,
        {{ number_from_text('playback_speed') }} as playback_rate,
        cast(null as double) as duration_seconds,

        case when not is_default then stated_element_id end as element_id,
        case when not is_default and stated_element_id is not null then known_element_type end as element_type,
        case when code = '48' then to_node_id end as to_node_id,
        case
            when code = '47' then target
            when button_said like 'http://%' or button_said like 'https://%' then button_said
        end as destination_url,
        case
            when is_answer then {{ json_string_list("coalesce(nullif(answer_key, ''), nullif(open_answer, ''))") }}
        end as response,
        case when is_answer then {{ boolean_from_text('is_correct') }} end as is_correct,
        cast(null as double) as score,
        cast(null as double) as max_score,

        cast(null as {{ string_type() }}) as played_ranges,
        cast(null as boolean) as is_completion,
        cast(null as double) as completion_threshold,
        case
            when code = '99' and root_entry_id is null then coalesce(corrected_watch_seconds, {{ number_from_text('play_time_sum') }})
        end as reported_watch_seconds,

        cast(null as double) as x,
        cast(null as double) as y,
        cast(null as decimal(20, 6)) as value,
        {% for column in ['currency', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content', 'referrer'] -%}
            cast(null as {{ string_type() }}) as {{ column }},
        {% endfor -%}
        coalesce({{ text_from_base64('referrer') }}, nullif(nullif(request_referrer, '-'), '')) as page_url,
        {% for column in ['experiment_id', 'variant_id', 'device_type', 'os', 'browser', 'country'] -%}
            cast(null as {{ string_type() }}) as {{ column }},
        {% endfor -%}
        player_version,
        cast(null as boolean) as consent_marketing,
        cast(null as boolean) as consent_analytics,
        record as properties,
        cast(null as {{ string_type() }}) as extra

    from joined

)

select * from final
