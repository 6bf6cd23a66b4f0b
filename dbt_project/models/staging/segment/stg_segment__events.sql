-- One row per accepted call of Segment or RudderStack, in the event contract.
{{ config(meta={'reads_across_records': true}) }}

{% set keys = [
    'element_id_key', 'to_node_id_key', 'destination_url_key', 'response_key', 'is_correct_key', 'score_key', 'max_score_key', 'x_key', 'y_key',
    'value_key', 'currency_key'
] %}
with

calls as (

    select * from {{ ref('stg_segment__calls') }}

),

vocabulary as (

    select
        event as known_event,
        event_type as known_event_type,
        position_of,
        {% for column in ['element_type'] + keys -%}
            cast(null as {{ string_type() }}) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('segment_events') }}
    where event not in (select own.event from {{ ref('segment_custom_events') }} as own)
    union all
    select
        event,
        event_type,
        'content',
        {% for column in ['element_type'] + keys -%}
            nullif(cast({{ column }} as {{ string_type() }}), ''){{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('segment_custom_events') }}

),

-- Positions of a playback run on through its ads. Whether it had any is known of all its calls of a date together, and of few rows:
-- only those whose text speaks of ads are parsed for it ("_" stands for any character).
playbacks_with_ads as (

    select distinct cast(event_date as {{ string_type() }}) || ' ' || session_id as playback_of_date
    from calls
    where
        (lower(record) like '%video_ad%' or record like '%"ad_%')
        and session_id is not null
        and (
            {{ lowercase("replace(event, '_', ' ')") }} like 'video ad %'
            or {{ boolean_from_text('ad_enabled') }}
            or nullif(replace(ad_asset_id, '[]', ''), '') is not null
            or nullif(replace(ad_asset_ids, '[]', ''), '') is not null
        )

),

named as (

    select
        calls.*,
        {{ lowercase('coalesce(call_type, call_action)') }} as call_name,
        {{ lowercase(trimmed("replace(event, '_', ' ')")) }} as event_name,
        cast(event_date as {{ string_type() }}) || ' ' || session_id as playback_of_date
    from calls

),

translated as (

    select
        named.*,
        vocabulary.*,
        coalesce(position_of = 'content', false)
        or coalesce(position_of = 'playback', false)
        and not {{ is_listed('playback_of_date', 'playback_of_date', 'playbacks_with_ads') }} as has_media_position
    from named
    left join vocabulary
        on case when named.call_name in ('page', 'screen', 'identify', 'alias', 'group') then named.call_name else named.event_name end
        = vocabulary.known_event

),

placed as (

    select
        *,
        coalesce(known_event_type = 'seek', false) as is_seek,
        case when has_media_position then {{ number_from_text('position') }} end as media_position,
        -- the asset of an ad is no video
        coalesce(
            video_id,
            case when position_of = 'content' then asset_id end,
            content_asset_id,
            nullif(split_part({{ joined_texts('content_asset_ids') }}, chr(10), 1), '')
        ) as shown_video_id,
        {% for key in keys -%}
            {{ mapped_value('record', ["'properties'"], key) }} as {{ key | replace('_key', '_text') }}{{ ',' if not loop.last }}
        {% endfor %}
    from translated

),

final as (

    select
        load_id,
        line_number,
        cast(1 as bigint) as part_number,
        'segment' as source,
        event_date,
        coalesce(message_id, message_id_in_snake_case, 'md5:' || md5(record)) as event_id,
        coalesce(nullif(known_event_type, 'other'), event_name, call_name) as event_type,

        -- the client's own clock, to be corrected as every emitter's is: the time that the service corrected would be corrected twice
        coalesce(occurred_at, {{ timestamp_from_text('corrected_timestamp') }}) as occurred_at,
        sent_at,
        received_at,

        cast(null as {{ string_type() }}) as workspace_id,
        coalesce(anonymous_id, anonymous_id_in_snake_case) as device_id,
        coalesce(user_id, user_id_in_snake_case) as user_id,
        session_id as playback_id,
        cast(null as bigint) as sequence_number,

        shown_video_id as video_id,
        coalesce(node_id, shown_video_id) as node_id,
        case when not is_seek then media_position end as position_seconds,
        case when is_seek then media_position end as position_from_seconds,
        case when is_seek and has_media_position then {{ number_from_text('seek_position') }} end as position_to_seconds,
        {{ number_from_text('playback_rate') }} as playback_rate,
        case when has_media_position then {{ number_from_text('total_length') }} end as duration_seconds,

        element_id_text as element_id,
        coalesce(stated_element_type, element_type) as element_type,
        to_node_id_text as to_node_id,
        destination_url_text as destination_url,
        {{ json_texts('response_text') }} as response,
        {{ boolean_from_text('is_correct_text') }} as is_correct,
        {{ number_from_text('score_text') }} as score,
        {{ number_from_text('max_score_text') }} as max_score,

        cast(null as {{ string_type() }}) as played_ranges,
        cast(null as boolean) as is_completion,
        cast(null as double) as completion_threshold,
        cast(null as double) as reported_watch_seconds,

        {{ number_from_text('x_text') }} as x,
        {{ number_from_text('y_text') }} as y,
        {{ number_from_text('value_text', 'decimal(20, 6)') }} as value,
        currency_text as currency,

        campaign_source as utm_source,
        campaign_medium as utm_medium,
        campaign_name as utm_campaign,
        campaign_term as utm_term,
        campaign_content as utm_content,
        coalesce(page_referrer, case when call_name = 'page' then referrer end) as referrer,
        coalesce(page_url, case when call_name = 'page' then url end) as page_url,
        experiment_id,
        variation_id as variant_id,
        case {{ boolean_from_text('is_mobile') }} when true then 'mobile' when false then 'desktop' end as device_type,
        os_name as os,
        cast(null as {{ string_type() }}) as browser,
        country,
        video_player as player_version,
        {{ boolean_from_text('consent_advertising') }} as consent_marketing,
        {{ boolean_from_text('consent_analytics') }} as consent_analytics,
        record as properties,
        cast(null as {{ string_type() }}) as extra

    from placed

)

select * from final
