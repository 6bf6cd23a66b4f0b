{# Characters of the longest text by which a row is told from others or grouped: one of a megabyte is written again in every mart, and
   building the dashboard's files ran out of 4 GB (2026-11-22). Looking costs 0.17 s a million events. #}
{% macro longest_identifier() -%}
greatest(
    {%- for column in [
        'workspace_id', 'event_id', 'device_id', 'user_id', 'playback_id', 'video_id', 'node_id', 'element_id', 'to_node_id',
        'experiment_id', 'variant_id', 'utm_campaign', 'device_type', 'country'
    ] %}
    coalesce(length({{ column }}), 0){{ "," if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}
