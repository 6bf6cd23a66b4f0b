{# Whose activity an event belongs to (rule 7): a device's, else a user's, else a bare playback's; the three kinds never meet. #}
{% macro session_key() -%}
    {{ hash_key([
        'workspace_id',
        "case when device_id is not null then 'device' when user_id is not null then 'user' else 'playback' end",
        'coalesce(device_id, user_id, playback_id)'
    ]) }}
{%- endmacro %}
