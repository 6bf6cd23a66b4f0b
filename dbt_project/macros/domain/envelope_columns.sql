{# The envelope of docs/events.md, in its order: what every staging model of an emitter gives, beside load_id, line_number,
   part_number, source and event_date. #}
{% macro envelope_columns() %}
    {{ return([
        'event_id', 'event_type', 'occurred_at', 'sent_at', 'received_at',
        'workspace_id', 'device_id', 'user_id', 'playback_id', 'sequence_number',
        'video_id', 'node_id',
        'position_seconds', 'position_from_seconds', 'position_to_seconds', 'playback_rate', 'duration_seconds',
        'element_id', 'element_type', 'to_node_id', 'destination_url',
        'response', 'is_correct', 'score', 'max_score',
        'played_ranges', 'is_completion', 'completion_threshold', 'reported_watch_seconds',
        'x', 'y', 'value', 'currency',
        'utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content', 'referrer', 'page_url',
        'experiment_id', 'variant_id',
        'device_type', 'os', 'browser', 'country', 'player_version',
        'consent_marketing', 'consent_analytics',
        'properties', 'extra'
    ]) }}
{% endmacro %}
