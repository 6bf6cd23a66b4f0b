{# The ways to share a conversion among the views before it (rule 74), and the weight each gives a view: whole numbers, so that every
   engine adds them up alike. `touch_number` counts the eligible views from 1 to `touch_count`; `seconds_before_last` is how much
   earlier than the last of them a view began. #}
{% macro attribution_weights() %}
    {{ return({
        'first': 'case when touch_number = 1 then 1 else 0 end',
        'last': 'case when touch_number = touch_count then 1 else 0 end',
        'linear': '1',
        'position': 'case when touch_count <= 2 then 1 when touch_number in (1, touch_count) then 2 * (touch_count - 2) else 1 end',
        'time_decay': 'floor(power(2.0, -seconds_before_last / (' ~ var('attribution_half_life_days') ~ ' * 86400.0)) * 1000000000 + 0.5)',
    }) }}
{% endmacro %}
