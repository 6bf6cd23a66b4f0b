-- One row per accepted enriched event of Snowplow, its used fields and those of its entities as text.
{% set columns = [
    'event', 'event_id', 'event_vendor', 'event_name', 'user_id', 'domain_userid', 'network_userid',
    'dvce_created_tstamp', 'derived_tstamp', 'true_tstamp',
    'page_url', 'page_referrer', 'mkt_source', 'mkt_medium', 'mkt_campaign', 'mkt_term', 'mkt_content', 'geo_country',
    'se_category', 'se_action', 'tr_total', 'tr_currency', 'br_family', 'br_name', 'os_family', 'os_name', 'dvce_type',
    'contexts', 'derived_contexts', 'unstruct_event'
] %}
{% set entities = {
    'player': ('com_snowplowanalytics_snowplow_media_player', {
        'current_time': 'currentTime', 'duration': 'duration', 'playback_rate': 'playbackRate', 'label': 'label', 'paused': 'paused',
        'player_type': 'playerType'
    }),
    'playback': ('com_snowplowanalytics_snowplow_media_session', {'session_id': 'mediaSessionId', 'time_played': 'timePlayed'}),
    'page': ('com_snowplowanalytics_snowplow_web_page', {'id': 'id'}),
    'client': ('com_snowplowanalytics_snowplow_client_session', {'user_id': 'userId', 'event_index': 'eventIndex'}),
    'node': ('_interactive_node', {'video_id': 'videoId', 'node_id': 'nodeId'}),
    'vimeo': ('com_vimeo_meta', {'video_id': 'videoId'}),
    'interaction': ('com_vimeo_interaction', {
        'hotspot_id': 'hotspotId', 'panel_id': 'panelId', 'current_time': 'currentTime', 'url': ['actionPreference', 'url']
    }),
    'youtube': ('com_youtube_youtube', {'url': 'url'}),
    'element': ('org_whatwg_media_element', {'current_source': 'currentSrc'}),
    'robot': ('com_iab_snowplow_spiders_and_robots', {'is_robot': 'spiderOrRobot'}),
    'agent': ('nl_basjes_yauaa_context', {'device_class': 'deviceClass', 'name': 'agentName', 'os': 'operatingSystemName'}),
    'user_agent': ('com_snowplowanalytics_snowplow_ua_parser_context', {'browser': 'useragentFamily', 'os': 'osFamily'}),
} %}
{% set fields = [] %}
{% for column in columns -%}
    {% do fields.append(([column], 'string')) %}
{%- endfor %}
{#- some warehouses write the keys of entities in snake case -#}
{% set paths = {} %}
{% set places = {} %}
{% for name, (schema, keys) in entities.items() -%}
    {% set fields_of_entity = [] %}
    {%- for column, key in keys.items() -%}
        {%- set path = [key] if key is string else key -%}
        {%- set spellings = [path, modules.re.sub('([A-Z])', '_\\1', path | join('/')).lower().split('/')] -%}
        {%- set distinct_spellings = spellings if spellings[0] != spellings[1] else [path] -%}
        {%- do places.update({name ~ '_' ~ column: distinct_spellings}) -%}
        {%- for spelling in distinct_spellings -%}
            {%- do fields_of_entity.append((spelling, 'string')) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do paths.update({name: fields_of_entity}) -%}
{%- endfor %}
{% set carried = 'load_id, line_number, event_date, occurred_at, sent_at, received_at, record'.split(', ') %}
with

events as (

    select * from {{ source('bronze', 'snowplow') }}

),

parsed as (

    select
        {{ carried | join(',\n        ') }},
        {{ json_record('record', fields) }} as event
    from events

),

described as (

    select
        {{ carried | join(',\n        ') }},
        event,
        {{ self_describing_entities('record', [
            json_field('event', ['contexts']), json_field('event', ['derived_contexts'])
        ], 'contexts_') }} as entities,
        -- an object that describes itself, and holds the one that is the event
        {{ self_describing_entities(
            none, ["'{\"data\":[' || " ~ json_field('event', ['unstruct_event']) ~ " || ']}'"], 'unstruct_event_'
        ) }} as wrapped_event
    from parsed

),

unwrapped as (

    select
        {{ carried | join(',\n        ') }},
        event,
        entities,
        {{ self_describing_entities(
            'record', ["'{\"data\":[' || " ~ entity_data('wrapped_event', '_unstruct_event') ~ " || ']}'"], 'unstruct_event_'
        ) }} as told
    from described

),

opened as (

    select
        {{ carried | join(',\n        ') }},
        event,
        {% for name, (schema, keys) in entities.items() -%}
            {{ json_record(entity_data('entities', schema), paths[name]) }} as {{ name }},
        {% endfor -%}
        coalesce(
            {{ entity_data('entities', 'com_snowplowanalytics_snowplow_media_ad') }},
            {{ entity_data('entities', 'com_snowplowanalytics_snowplow_media_ad_break') }}
        ) is not null as has_ad,
        {{ json_record(entity_data('told', ''), [
            (['type'], 'string'), (['newRate'], 'string'), (['elementType'], 'string')
        ]) }} as event_fields,
        {{ entity_data('told', '') }} as event_data
    from unwrapped

),

final as (

    select
        {{ carried | join(',\n        ') }},
        {% for column in columns if column not in ('contexts', 'derived_contexts', 'unstruct_event') -%}
            {{ json_field('event', [column]) }} as {{ column }},
        {% endfor -%}
        {% for name, (schema, keys) in entities.items() -%}
            {% for column in keys -%}
                {% set spellings = places[name ~ '_' ~ column] -%}
                {%- if spellings | length > 1 -%}
                    coalesce({{ json_field(name, spellings[0]) }}, {{ json_field(name, spellings[1]) }})
                {%- else -%}
                    {{ json_field(name, spellings[0]) }}
                {%- endif %} as {{ name }}_{{ column }},
            {% endfor -%}
        {% endfor -%}
        has_ad,
        {{ json_field("event_fields", ['type']) }} as media_type,
        {{ json_field("event_fields", ['newRate']) }} as new_rate,
        {{ json_field("event_fields", ['elementType']) }} as stated_element_type,
        event_data
    from opened

)

select * from final
