-- One row per accepted Kaltura record, beacon or quiz answer, its used fields typed. The record is parsed once.
{% set fields = {
    'code': (['eventType'], 'string'),
    'event_index': (['eventIndex'], 'string'),
    'object_type': (['objectType'], 'string'),
    'cue_point_type': (['cuePointType'], 'string'),
    'answer_id': (['id'], 'string'),
    'question_id': (['parentId'], 'string'),
    'answer_key': (['answerKey'], 'string'),
    'open_answer': (['openAnswer'], 'string'),
    'is_correct': (['isCorrect'], 'string'),
    'start_time': (['startTime'], 'string'),
    'partner_id': (['partnerId'], 'string'),
    'entry_id': (['entryId'], 'string'),
    'root_entry_id': (['rootEntryId'], 'string'),
    'node_id': (['nodeId'], 'string'),
    'from_node_id': (['fromNodeId'], 'string'),
    'to_node_id': (['toNodeId'], 'string'),
    'hotspot_id': (['hotspotId'], 'string'),
    'target': (['target'], 'string'),
    'session_id': (['sessionId'], 'string'),
    'device_id': (['persistentSessionId'], 'string'),
    'user_id': (['userId'], 'string'),
    'position': (['position'], 'string'),
    'target_position': (['targetPosition'], 'string'),
    'playback_speed': (['playbackSpeed'], 'string'),
    'play_time_sum': (['playTimeSum'], 'string'),
    'referrer': (['referrer'], 'string'),
    'request_referrer': (['request', 'referrer'], 'string'),
    'player_version': (['clientVer'], 'string'),
    'button_name': (['buttonName'], 'string'),
    'button_value': (['buttonValue'], 'string'),
    'page_name': (['pageName'], 'string'),
    'page_value': (['pageValue'], 'string'),
} %}
with

records as (

    select * from {{ source('bronze', 'kaltura') }}

),

parsed as (

    select
        load_id,
        line_number,
        event_date,
        occurred_at,
        received_at,
        record as text,
        {{ json_record('record', fields.values() | list) }} as record
    from records

),

named as (

    select
        load_id,
        line_number,
        event_date,
        occurred_at,
        received_at,
        {% for name, field in fields.items() -%}
            {% set value = json_field('record', field[0]) -%}
            {{ identifier(value) if name.endswith('_id') else value }} as {{ name }},
        {% endfor -%}
        text as record
    from parsed

),

told as (

    select
        *,
        coalesce(
            code is null
            and (object_type = 'KalturaAnswerCuePoint' or cue_point_type in ('annotation.QuizAnswer', 'quiz.QUIZ_ANSWER')),
            false
        ) as is_answer
    from named

),

final as (

    select
        *,
        case when is_answer then coalesce(answer_id, 'md5:' || md5(record)) else 'md5:' || md5(record) end as event_id,
        -- the second half of a session's name is another one for each node's player
        case when root_entry_id is null then session_id else {{ identifier("split_part(session_id, ':', 1)") }} end as playback_id,
        coalesce(root_entry_id, entry_id) as video_id
    from told

)

select * from final
