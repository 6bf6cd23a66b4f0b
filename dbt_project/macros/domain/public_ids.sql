{# The ids of sessions and views that users see: the same on every engine and in every rebuild. #}
{% macro session_id(relation, started_at) -%}
    {{ public_key([relation ~ '.workspace_id', activity_owner(relation), epoch_microseconds(started_at)]) }}
{%- endmacro %}

{% macro view_id(relation, started_at) -%}
    {{ public_key([
        relation ~ '.workspace_id', activity_owner(relation), relation ~ '.source', relation ~ '.video_id',
        relation ~ '.playback_id', epoch_microseconds(started_at)
    ]) }}
{%- endmacro %}

{# Whose session key it is (rule 7). #}
{% macro activity_owner(relation) -%}
    coalesce('device:' || {{ relation }}.device_id, 'user:' || {{ relation }}.user_id, 'playback:' || {{ relation }}.playback_id)
{%- endmacro %}
