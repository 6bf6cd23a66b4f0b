{# The engagement score (rule 91): what earns points, how many at most, and how much of it earns them all. A part is its
   `engagement_points` times the share of its `engagement_enough` that was reached, never more; `recency` halves with every half-life instead. #}
{% macro engagement_parts() -%}
    {{ return({
        'watching': 'watch_seconds / 60',
        'completion': 'completed_view_count',
        'interaction': 'interaction_count',
        'intent': 'outbound_click_count + form_count',
        'conversion': 'conversion_count',
    }) }}
{%- endmacro %}

{# The points of one part, from the contact's counts in the same select, to a hundredth. #}
{% macro engagement_points(part) -%}
    {%- set points = var('engagement_points')[part] -%}
    {%- if part == 'recency' -%}
        {%- set share = 'power(0.5e0, ' ~ seconds_between('last_seen_at', 'data_until') ~ ' / 86400 / ' ~ var('engagement_half_life_days') ~ ')' -%}
    {%- else -%}
        {%- set share = 'least((' ~ engagement_parts()[part] ~ ') / ' ~ var('engagement_enough')[part] ~ 'e0, 1)' -%}
    {%- endif -%}
    (floor(coalesce({{ share }}, 0) * {{ points }} * 100 + 0.5) / 100)
{%- endmacro %}
