{# The columns of `events`, in order. #}
{% macro event_columns() %}
    {{ return([
        'event_key', 'session_key', 'playback_key', 'event_date', 'occurred_date', 'source',
        'event_id', 'event_type', 'original_event_type', 'occurred_at', 'clock_source'
    ] + envelope_columns()[envelope_columns().index('sent_at'):]) }}
{% endmacro %}
