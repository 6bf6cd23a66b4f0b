{# What an event has to do with a question (rule 40): shown, skipped or answered; null where nothing. #}
{% macro question_step(event_type, element_type) -%}
    case
        when {{ event_type }} in ('question_answer', 'poll_answer', 'survey_response') then 'answered'
        when {{ event_type }} = 'question_shown' then 'shown'
        when {{ event_type }} = 'question_skip' then 'skipped'
        when {{ event_type }} = 'element_shown' and {{ element_type }} in ('question', 'poll', 'survey') then 'shown'
        when {{ event_type }} = 'element_skip' and {{ element_type }} in ('question', 'poll', 'survey') then 'skipped'
    end
{%- endmacro %}

{# The element that asks, as a key: the same element id in two videos is two elements. #}
{% macro asking_element_key(relation) -%}
    {{ hash_key([relation ~ '.workspace_id', relation ~ '.video_id', relation ~ '.element_id']) }}
{%- endmacro %}

{# Who was asked by which element: a view, or a session where the event belongs to no view. #}
{% macro asking_key(relation) -%}
    {{ hash_key([
        relation ~ '.session_key', 'case when ' ~ relation ~ '.view_key is null then ' ~ relation ~ '.session_started_at end',
        relation ~ '.view_key', relation ~ '.view_started_at',
        relation ~ '.workspace_id', relation ~ '.video_id', relation ~ '.element_id', relation ~ '.said_kind', relation ~ '.typed_kind'
    ]) }}
{%- endmacro %}

{# What kind of question it is by the event's own words: its type where that says it, else its element's. #}
{% macro said_kind(event_type) -%}
    case {{ event_type }} when 'poll_answer' then 'poll' when 'survey_response' then 'survey' end
{%- endmacro %}

{% macro typed_kind(element_type) -%}
    case {{ element_type }} when 'question' then 'quiz' when 'poll' then 'poll' when 'survey' then 'survey' end
{%- endmacro %}

{# A question as a key: one of a video and a kind; null keeps its own value. #}
{% macro question_key(relation) -%}
    {{ hash_key([relation ~ '.workspace_id', relation ~ '.video_id', relation ~ '.question_id', relation ~ '.kind']) }}
{%- endmacro %}
