-- One row per accepted call of Segment or RudderStack, its used fields as text. The call is parsed once.
{% set fields = {
    'call_type': (['type'], 'string'),
    'call_action': (['action'], 'string'),
    'event': (['event'], 'string'),
    'message_id': (['messageId'], 'string'),
    'message_id_in_snake_case': (['message_id'], 'string'),
    'anonymous_id': (['anonymousId'], 'string'),
    'anonymous_id_in_snake_case': (['anonymous_id'], 'string'),
    'user_id': (['userId'], 'string'),
    'user_id_in_snake_case': (['user_id'], 'string'),
    'corrected_timestamp': (['timestamp'], 'string'),
    'page_url': (['context', 'page', 'url'], 'string'),
    'page_referrer': (['context', 'page', 'referrer'], 'string'),
    'campaign_source': (['context', 'campaign', 'source'], 'string'),
    'campaign_medium': (['context', 'campaign', 'medium'], 'string'),
    'campaign_name': (['context', 'campaign', 'name'], 'string'),
    'campaign_term': (['context', 'campaign', 'term'], 'string'),
    'campaign_content': (['context', 'campaign', 'content'], 'string'),
    'os_name': (['context', 'os', 'name'], 'string'),
    'country': (['context', 'location', 'country'], 'string'),
    'is_mobile': (['context', 'userAgentData', 'mobile'], 'string'),
    'consent_advertising': (['context', 'consent', 'categoryPreferences', 'Advertising'], 'string'),
    'consent_analytics': (['context', 'consent', 'categoryPreferences', 'Analytics'], 'string'),
    'session_id': (['properties', 'session_id'], 'string'),
    'video_id': (['properties', 'video_id'], 'string'),
    'node_id': (['properties', 'node_id'], 'string'),
    'asset_id': (['properties', 'asset_id'], 'string'),
    'content_asset_id': (['properties', 'content_asset_id'], 'string'),
    'content_asset_ids': (['properties', 'content_asset_ids'], 'string'),
    'position': (['properties', 'position'], 'string'),
    'seek_position': (['properties', 'seek_position'], 'string'),
    'total_length': (['properties', 'total_length'], 'string'),
    'playback_rate': (['properties', 'playback_rate'], 'string'),
    'video_player': (['properties', 'video_player'], 'string'),
    'ad_enabled': (['properties', 'ad_enabled'], 'string'),
    'ad_asset_id': (['properties', 'ad_asset_id'], 'string'),
    'ad_asset_ids': (['properties', 'ad_asset_ids'], 'string'),
    'stated_element_type': (['properties', 'element_type'], 'string'),
    'url': (['properties', 'url'], 'string'),
    'referrer': (['properties', 'referrer'], 'string'),
    'experiment_id': (['properties', 'experiment_id'], 'string'),
    'variation_id': (['properties', 'variation_id'], 'string'),
} %}
with

calls as (

    select * from {{ source('bronze', 'segment') }}

),

parsed as (

    select
        load_id,
        line_number,
        event_date,
        occurred_at,
        sent_at,
        received_at,
        record,
        {{ json_record('record', fields.values() | list) }} as call
    from calls

),

final as (

    select
        load_id,
        line_number,
        event_date,
        occurred_at,
        sent_at,
        received_at,
        {% for name, field in fields.items() -%}
            {{ json_field('call', field[0]) }} as {{ name }},
        {% endfor -%}
        record
    from parsed

)

select * from final
