{# Which view an event belongs to (rule 9): its playback's, or without a playback its session's view of the video. #}
{% macro view_key(events, sessions) -%}
    case
        when {{ events }}.playback_key is not null then {{ events }}.playback_key
        else {{ hash_key([events ~ '.session_key', sessions ~ '.session_started_at', events ~ '.source', events ~ '.video_id']) }}
    end
{%- endmacro %}
