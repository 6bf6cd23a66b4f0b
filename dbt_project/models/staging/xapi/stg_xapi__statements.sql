-- One row per accepted xAPI statement, its used fields typed. The statement is parsed once.
{% set video = 'https://w3id.org/xapi/video/extensions/' %}
{% set fields = {
    'statement_id': (['id'], 'string'),
    'verb_id': (['verb', 'id'], 'string'),
    'account_name': (['actor', 'account', 'name'], 'string'),
    'account_home_page': (['actor', 'account', 'homePage'], 'string'),
    'mbox': (['actor', 'mbox'], 'string'),
    'mbox_sha1sum': (['actor', 'mbox_sha1sum'], 'string'),
    'openid': (['actor', 'openid'], 'string'),
    'object_type': (['object', 'objectType'], 'string'),
    'object_id': (['object', 'id'], 'string'),
    'activity_type': (['object', 'definition', 'type'], 'string'),
    'interaction_type': (['object', 'definition', 'interactionType'], 'string'),
    'stated_sub_content_id': (['object', 'definition', 'extensions', 'http://h5p.org/x-api/h5p-subContentId'], 'string'),
    'parent': (['context', 'contextActivities', 'parent'], 'string'),
    'grouping': (['context', 'contextActivities', 'grouping'], 'string'),
    'category': (['context', 'contextActivities', 'category'], 'string'),
    'registration': (['context', 'registration'], 'string'),
    'platform': (['context', 'platform'], 'string'),
    'session_id': (['context', 'extensions', video ~ 'session-id'], 'string'),
    'course_session_id': (['context', 'extensions', 'https://w3id.org/xapi/cmi5/context/extensions/sessionid'], 'string'),
    'context_length': (['context', 'extensions', video ~ 'length'], 'string'),
    'result_length': (['result', 'extensions', video ~ 'length'], 'string'),
    'speed': (['context', 'extensions', video ~ 'speed'], 'string'),
    'volume': (['context', 'extensions', video ~ 'volume'], 'string'),
    'full_screen': (['context', 'extensions', video ~ 'full-screen'], 'string'),
    'quality': (['context', 'extensions', video ~ 'quality'], 'string'),
    'captions': (['context', 'extensions', video ~ 'cc-enabled'], 'string'),
    'subtitles': (['context', 'extensions', video ~ 'cc-subtitle-enabled'], 'string'),
    'subtitle_language': (['context', 'extensions', video ~ 'cc-subtitle-lang'], 'string'),
    'ending_point': (['context', 'extensions', 'http://id.tincanapi.com/extension/ending-point'], 'string'),
    'completion_threshold': (['context', 'extensions', video ~ 'completion-threshold'], 'string'),
    'time': (['result', 'extensions', video ~ 'time'], 'string'),
    'time_from': (['result', 'extensions', video ~ 'time-from'], 'string'),
    'time_to': (['result', 'extensions', video ~ 'time-to'], 'string'),
    'played_segments': (['result', 'extensions', video ~ 'played-segments'], 'string'),
    'response': (['result', 'response'], 'string'),
    'success': (['result', 'success'], 'string'),
    'completion': (['result', 'completion'], 'string'),
    'score_scaled': (['result', 'score', 'scaled'], 'string'),
    'score_raw': (['result', 'score', 'raw'], 'string'),
    'score_max': (['result', 'score', 'max'], 'string'),
} %}
with

statements as (

    select * from {{ source('bronze', 'xapi') }}

),

parsed as (

    select
        load_id,
        line_number,
        event_date,
        occurred_at,
        received_at,
        statement,
        {{ json_record('statement', fields.values() | list) }} as record
    from statements

),

final as (

    select
        load_id,
        line_number,
        event_date,
        occurred_at,
        received_at,
        {% for name, field in fields.items() -%}
            {{ json_field('record', field[0]) }} as {{ name }},
        {% endfor -%}
        statement
    from parsed

)

select * from final
