{# The address of the first video among the activities of an xAPI context (JSON text of a list, or of a single one); the first three are
   looked at. What it says of itself counts: a course is no video. #}
{% macro video_of_context(activities) -%}
    case
        when {{ activities }} like '%/video"%' or {{ activities }} like '%/interactive-video"%' then
            case
                {% for place in ['$[0]', '$[1]', '$[2]', '$'] -%}
                    when regexp_extract({{ json_text_at(activities, place ~ '.definition.type') }}, '/(interactive-)?video$', 0) <> ''
                        then {{ json_text_at(activities, place ~ '.id') }}
                {% endfor %}
            end
    end
{%- endmacro %}

{# A member of the first activity of an xAPI context. #}
{% macro first_of_context(activities, member) -%}
    coalesce({{ json_text_at(activities, '$[0].' ~ member) }}, {{ json_text_at(activities, '$.' ~ member) }})
{%- endmacro %}
