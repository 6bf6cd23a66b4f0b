-- One row per accepted record of an Open edX tracking log, its used fields as text. Both envelopes have the same columns here.
{% set fields = {
    'event_type': (['event_type'], 'string'),
    'event_name': (['name'], 'string'),
    'event_source': (['event_source'], 'string'),
    'session': (['session'], 'string'),
    'username': (['username'], 'string'),
    'page': (['page'], 'string'),
    'referer': (['referer'], 'string'),
    'agent': (['agent'], 'string'),
    'event': (['event'], 'string'),
    'data': (['data'], 'string'),
    'context': (['context'], 'string'),
} %}
{% set context_fields = {
    'user_number': (['user_id'], 'string'),
    'context_username': (['username'], 'string'),
    'context_session': (['session'], 'string'),
    'context_event_source': (['event_source'], 'string'),
    'context_page': (['page'], 'string'),
    'context_referer': (['referer'], 'string'),
    'context_agent': (['agent'], 'string'),
    'context_received_at': (['received_at'], 'string'),
    'course_id': (['course_id'], 'string'),
    'module_id': (['module', 'usage_key'], 'string'),
    'mobile_device_id': (['client', 'device', 'id'], 'string'),
    'application': (['application', 'name'], 'string'),
    'application_version': (['application', 'version'], 'string'),
} %}
{% set event_fields = {
    'block_id': (['id'], 'string'),
    'mobile_module_id': (['module_id'], 'string'),
    'completed_block_id': (['block_id'], 'string'),
    'completion': (['completion'], 'string'),
    'media_time': (['currentTime'], 'string'),
    'mobile_time': (['current_time'], 'string'),
    'old_time': (['old_time'], 'string'),
    'new_time': (['new_time'], 'string'),
    'new_speed': (['new_speed'], 'string'),
    'duration': (['duration'], 'string'),
    'posted': (['POST'], 'string'),
    'problem_id': (['problem_id'], 'string'),
    'submission': (['submission'], 'string'),
    'correct_map': (['correct_map'], 'string'),
    'answers': (['answers'], 'string'),
    'grade': (['grade'], 'string'),
    'max_grade': (['max_grade'], 'string'),
    'url_name': (['url_name'], 'string'),
    'choice': (['choice'], 'string'),
    'choices': (['choices'], 'string'),
    'current_url': (['current_url'], 'string'),
    'target_url': (['target_url'], 'string'),
} %}
with

records as (

    select * from {{ source('bronze', 'openedx') }}

),

opened as (

    select
        load_id,
        line_number,
        event_date,
        coalesce(occurred_at, emitted_at) as occurred_at,
        record,
        {{ json_record('record', fields.values() | list) }} as envelope
    from records

),

-- what happened, and around what, are objects, or the text of one
narrowed as (

    select
        *,
        {{ json_object_text('coalesce(' ~ json_field('envelope', ['event']) ~ ', ' ~ json_field('envelope', ['data']) ~ ')') }}
            as event_text,
        {{ json_object_text(json_field('envelope', ['context'])) }} as context_text
    from opened

),

parsed as (

    select
        *,
        {{ json_record('context_text', context_fields.values() | list) }} as context,
        {{ json_record('event_text', event_fields.values() | list) }} as event
    from narrowed

),

final as (

    select
        load_id,
        line_number,
        event_date,
        occurred_at,
        {% for name, field in fields.items() if name not in ['event', 'data', 'context'] -%}
            {{ json_field('envelope', field[0]) }} as {{ name }},
        {% endfor -%}
        {% for name, field in context_fields.items() -%}
            {{ json_field('context', field[0]) }} as {{ name }},
        {% endfor -%}
        {% for name, field in event_fields.items() -%}
            {{ json_field('event', field[0]) }} as {{ name }},
        {% endfor -%}
        record
    from parsed

)

select * from final
