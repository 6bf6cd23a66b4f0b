-- One row per part of an accepted record of an Open edX tracking log, in the event contract. A record is one part, but for an answer to
-- a problem or a survey of several questions.
{# Written out wherever it is read: a common table expression that is read twice is kept whole (docs/decisions/0006). #}
{% set listed %}
    select
        *,
        case
            when name = 'problem_check' then {{ json_member_names("coalesce(nullif(correct_map, '{}'), submission)") }}
            when name = 'xblock.survey.submitted' then {{ json_member_names('choices') }}
        end as part_names
    from {{ ref('stg_openedx__named_records') }}
{% endset %}
with

known_events as (

    select * from {{ ref('openedx_events') }}

),

corrections as (

    select * from {{ ref('stg_openedx__corrections') }}

),

answering as (

    -- told by their text, so that no other record is opened a second time
    select * from ({{ listed }}) as listed
    where record like '%problem_check%' or record like '%xblock.survey.submitted%'

),

other_parts as (

    {{ unnest_list('answering', ['load_id', 'line_number', 'event_date'], 'part_names', 'part_name') }}

),

parts as (

    select
        listed.*,
        cast(1 as bigint) as part_number,
        {{ list_item('part_names', 1) }} as part_name
    from ({{ listed }}) as listed
    union all
    select
        answering.*,
        other_parts.position as part_number,
        other_parts.part_name
    from answering
    inner join other_parts
        on
            answering.load_id = other_parts.load_id
            and answering.line_number = other_parts.line_number
            and answering.event_date = other_parts.event_date
    where other_parts.position > 1

),

answered as (

    select
        *,
        {{ json_object_text(json_member('submission', 'part_name')) }} as part_submission,
        {{ json_object_text(json_member('correct_map', 'part_name')) }} as part_grading,
        {{ list_length('part_names') }} as part_count,
        regexp_extract(part_name, '_[0-9]+_[0-9]+$', 0) as part_suffix
    from parts

),

graded as (

    select
        *,
        coalesce({{ json_member('part_submission', "'answer'") }}, {{ json_member('answers', 'part_name') }}) as part_answer,
        coalesce(
            case {{ json_member('part_grading', "'correctness'") }}
                when 'correct' then true
                when 'incorrect' then false
                when 'partially-correct' then false
            end,
            {{ boolean_from_text(json_member('part_submission', "'correct'")) }}
        ) as part_is_correct,
        {{ number_from_text(json_member('part_grading', "'npoints'")) }} as part_points
    from answered

),

explained as (

    select
        graded.*,
        corrections.position_seconds as corrected_position_seconds,
        corrections.video_id as video_on_page,
        case when corrections.video_id is not null then 'page_close_on_video' else graded.name end as known_name
    from graded
    left join corrections on graded.event_id = corrections.event_id and graded.event_date = corrections.event_date

),

translated as (

    select
        explained.*,
        nullif(known_events.event_type, 'other') as known_event_type,
        known_events.subject
    from explained
    left join known_events on explained.known_name = known_events.name

),

final as (

    select
        load_id,
        line_number,
        part_number,
        'openedx' as source,
        event_date,
        case when part_number = 1 then event_id else event_id || '#' || cast(part_number as {{ string_type() }}) end as event_id,
        coalesce(known_event_type, known_name) as event_type,
        occurred_at,
        cast(null as timestamp) as sent_at,
        received_at,
        cast(null as {{ string_type() }}) as workspace_id,
        device_id,
        user_id,
        cast(null as {{ string_type() }}) as playback_id,
        cast(null as bigint) as sequence_number,
        case
            when video_on_page is not null then video_on_page
            when subject = 'video' or subject = 'completion' and block_key like '%type@video+%' then block_key
        end as video_id,
        cast(null as {{ string_type() }}) as node_id,

        -- a seek says where it came from and went to; a play after it may not know yet
        case
            when known_event_type = 'seek' then null
            when subject = 'video' then coalesce(corrected_position_seconds, position_seconds)
        end as position_seconds,
        case when known_event_type = 'seek' then position_from_seconds end as position_from_seconds,
        case when known_event_type = 'seek' then position_to_seconds end as position_to_seconds,
        case when known_event_type = 'rate_change' then playback_rate end as playback_rate,
        case when subject = 'video' then duration_seconds end as duration_seconds,

        case
            when known_event_type = 'question_answer' and part_suffix <> '' then coalesce(problem_id || part_suffix, part_name)
            when known_event_type = 'question_answer' then coalesce(part_name, problem_id)
            when known_event_type = 'poll_answer' then coalesce(module_id, url_name)
            when known_event_type = 'survey_response' then coalesce(coalesce(module_id, url_name) || '#' || part_name, module_id, url_name)
        end as element_id,
        case
            when known_event_type = 'question_answer' then 'question'
            when known_event_type = 'poll_answer' then 'poll'
            when known_event_type = 'survey_response' then 'survey'
        end as element_type,
        cast(null as {{ string_type() }}) as to_node_id,
        case when known_name = 'outside_link_clicked' then target_url end as destination_url,
        case
            when known_event_type = 'question_answer' then {{ json_list_from_text("nullif(part_answer, '')") }}
            when known_event_type = 'poll_answer' then {{ json_string_list('choice') }}
            when known_event_type = 'survey_response' then {{ json_string_list(json_member('choices', 'part_name')) }}
        end as response,
        case when known_event_type = 'question_answer' then part_is_correct end as is_correct,

        -- the grade is the problem's: a part has it where it is the only one, or where every part is worth a point
        case
            when known_event_type <> 'question_answer' then null
            when part_count = 1 or part_count is null then grade
            when part_count = max_grade then coalesce(part_points, case when part_is_correct then 1 when not part_is_correct then 0 end)
        end as score,
        case
            when known_event_type <> 'question_answer' then null
            when part_count = 1 or part_count is null then max_grade
            when part_count = max_grade then 1
        end as max_score,

        cast(null as {{ string_type() }}) as played_ranges,
        case
            when known_name in ('complete_video', 'edx.video.completed') then true
            when subject = 'completion' and block_key like '%type@video+%' and completion >= 1 then true
        end as is_completion,
        cast(null as double) as completion_threshold,
        cast(null as double) as reported_watch_seconds,

        cast(null as double) as x,
        cast(null as double) as y,
        cast(null as decimal(20, 6)) as value,
        {% for column in ['currency', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] -%}
            cast(null as {{ string_type() }}) as {{ column }},
        {% endfor -%}
        referrer,
        coalesce(page_url, requested_path) as page_url,
        {% for column in ['experiment_id', 'variant_id', 'device_type', 'os', 'browser', 'country'] -%}
            cast(null as {{ string_type() }}) as {{ column }},
        {% endfor -%}
        application_version as player_version,
        cast(null as boolean) as consent_marketing,
        cast(null as boolean) as consent_analytics,
        record as properties,
        cast(null as {{ string_type() }}) as extra

    from translated

)

select * from final
