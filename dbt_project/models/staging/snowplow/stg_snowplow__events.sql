-- One row per accepted enriched event of Snowplow, in the event contract.
{% set keys = [
    'element_id_key', 'to_node_id_key', 'destination_url_key', 'response_key', 'is_correct_key', 'score_key', 'max_score_key', 'x_key', 'y_key',
    'value_key', 'currency_key'
] %}
with

records as (

    select * from {{ ref('stg_snowplow__records') }}

),

vocabulary as (

    select
        vendor || '/' || name || coalesce('/' || nullif(media_type, ''), '') as known_event,
        event_type as known_event_type,
        {% for column in ['element_type'] + keys -%}
            cast(null as {{ string_type() }}) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('snowplow_events') }}
    where vendor || '/' || name not in (select own.vendor || '/' || own.name from {{ ref('snowplow_custom_events') }} as own)
    union all
    select
        vendor || '/' || name,
        event_type,
        {% for column in ['element_type'] + keys -%}
            nullif(cast({{ column }} as {{ string_type() }}), ''){{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('snowplow_custom_events') }}

),

known_events as (

    select known_event from vocabulary

),

named as (

    select
        records.*,
        case
            when event in ('struct', 'se') then 'structured ' || coalesce(se_category || ' ', '') || coalesce(se_action, '')
            else coalesce(case when event_name = 'media_player_event' then media_type end, event_name, event)
        end as own_name,
        event_vendor || '/' || event_name
        || case when event_name = 'media_player_event' then '/' || coalesce({{ lowercase('media_type') }}, '') else '' end as exact_event,
        has_ad
        or coalesce(event_vendor = 'com.snowplowanalytics.snowplow.media' and event_name like 'ad_%', false) as is_in_ad,
        coalesce({{ boolean_from_text('robot_is_robot') }}, agent_device_class like 'Robot%', false) as is_robot
    from records

),

translated as (

    select
        named.*,
        vocabulary.*
    from named
    left join vocabulary
        on case
            when {{ is_listed('named.exact_event', 'known_event', 'known_events') }} then named.exact_event
            else '*/' || named.event_name
        end = vocabulary.known_event

),

judged as (

    select
        *,
        case
            when is_robot then 'other'
            -- players report for a while after a pause, and while an ad runs
            when known_event_type = 'heartbeat' and (is_in_ad or coalesce({{ boolean_from_text('player_paused') }}, false)) then 'other'
            else known_event_type
        end as judged_event_type,
        case
            when not is_in_ad
                then coalesce({{ number_from_text('interaction_current_time') }}, {{ number_from_text('player_current_time') }})
        end as media_position,
        -- what a robot sees is no view
        case
            when not is_robot
                then coalesce(node_video_id, vimeo_video_id, player_label, youtube_url, element_current_source)
        end as shown_video_id,
        {% for key in keys -%}
            {{ mapped_value('event_data', [], key) }} as {{ key | replace('_key', '_text') }}{{ ',' if not loop.last }}
        {% endfor %}
    from translated

),

final as (

    select
        load_id,
        line_number,
        cast(1 as bigint) as part_number,
        'snowplow' as source,
        event_date,
        coalesce(event_id, 'md5:' || md5(record)) as event_id,
        coalesce(nullif(judged_event_type, 'other'), case when is_robot then 'robot ' else '' end || own_name) as event_type,

        -- a true timestamp is one that somebody vouches for: no clock is to be corrected
        coalesce({{ timestamp_from_text('true_tstamp') }}, occurred_at, {{ timestamp_from_text('derived_tstamp') }}) as occurred_at,
        case when true_tstamp is null and occurred_at is not null then sent_at end as sent_at,
        received_at,

        cast(null as {{ string_type() }}) as workspace_id,
        coalesce(domain_userid, client_user_id, network_userid) as device_id,
        user_id,
        coalesce(playback_session_id, page_id) as playback_id,
        {{ number_from_text('client_event_index', 'bigint') }} as sequence_number,
        shown_video_id as video_id,
        case when not is_robot then coalesce(node_node_id, shown_video_id) end as node_id,

        -- the first media schema tells of a seek when it is done; the second when it begins, and its end as a record of its own
        case when judged_event_type = 'seek' then null else media_position end as position_seconds,
        case when judged_event_type = 'seek' and event_name = 'seek_start_event' then media_position end as position_from_seconds,
        case when judged_event_type = 'seek' and event_name <> 'seek_start_event' then media_position end as position_to_seconds,
        coalesce({{ number_from_text('new_rate') }}, {{ number_from_text('player_playback_rate') }}) as playback_rate,
        case when not is_in_ad then {{ number_from_text('player_duration') }} end as duration_seconds,

        coalesce(
            element_id_text,
            case event_name
                when 'interactive_hotspot_click_event' then interaction_hotspot_id
                when 'interactive_overlay_panel_click_event' then interaction_panel_id
            end
        ) as element_id,
        coalesce(
            stated_element_type,
            element_type,
            case event_name
                when 'interactive_hotspot_click_event' then 'hotspot'
                when 'interactive_overlay_panel_click_event' then 'overlay'
            end
        ) as element_type,
        to_node_id_text as to_node_id,
        coalesce(destination_url_text, case when event_vendor = 'com.vimeo' then interaction_url end) as destination_url,
        {{ json_texts('response_text') }} as response,
        {{ boolean_from_text('is_correct_text') }} as is_correct,
        {{ number_from_text('score_text') }} as score,
        {{ number_from_text('max_score_text') }} as max_score,

        cast(null as {{ string_type() }}) as played_ranges,
        cast(null as boolean) as is_completion,
        cast(null as double) as completion_threshold,
        {{ number_from_text('playback_time_played') }} as reported_watch_seconds,

        {{ number_from_text('x_text') }} as x,
        {{ number_from_text('y_text') }} as y,
        {{ number_from_text("coalesce(value_text, case when event_name = 'transaction' then tr_total end)", 'decimal(20, 6)') }} as value,
        coalesce(currency_text, case when event_name = 'transaction' then tr_currency end) as currency,

        mkt_source as utm_source,
        mkt_medium as utm_medium,
        mkt_campaign as utm_campaign,
        mkt_term as utm_term,
        mkt_content as utm_content,
        page_referrer as referrer,
        page_url,
        cast(null as {{ string_type() }}) as experiment_id,
        cast(null as {{ string_type() }}) as variant_id,
        case {{ lowercase('coalesce(agent_device_class, dvce_type)') }}
            when 'desktop' then 'desktop'
            when 'computer' then 'desktop'
            when 'phone' then 'mobile'
            when 'mobile' then 'mobile'
            when 'tablet' then 'tablet'
            else {{ lowercase('coalesce(agent_device_class, dvce_type)') }}
        end as device_type,
        coalesce(agent_os, user_agent_os, os_family, os_name) as os,
        coalesce(agent_name, user_agent_browser, br_family, br_name) as browser,
        geo_country as country,
        player_player_type as player_version,
        cast(null as boolean) as consent_marketing,
        cast(null as boolean) as consent_analytics,
        record as properties,
        cast(null as {{ string_type() }}) as extra

    from judged

)

select * from final
