{# The person behind a view or a session (rule 24): its own user, else the user its device identified as, else the device. #}
{% macro viewer_id(relation, device_users) -%}
    case
        when {{ relation }}.user_id is not null then 'user:' || {{ relation }}.user_id
        when {{ device_users }}.user_id is not null then 'user:' || {{ device_users }}.user_id
        when {{ relation }}.device_id is not null then 'device:' || {{ relation }}.device_id
        else 'playback:' || {{ relation }}.playback_id
    end
{%- endmacro %}
