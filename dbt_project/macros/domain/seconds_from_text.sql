{# Seconds that are written as a number, or as an ISO 8601 duration of days, hours, minutes and seconds, such as PT12S or P1DT2H. Null for
   anything else: months and years have no length. #}
{% macro seconds_from_text(text) -%}
    {%- set number = '([0-9]+[.]?[0-9]*)' -%}
    {%- set pattern = '^P(' ~ number ~ 'D)?(T(' ~ number ~ 'H)?(' ~ number ~ 'M)?(' ~ number ~ 'S)?)?$' -%}
    case
        when {{ trimmed(text) }} like 'P%' then
            case when length(regexp_extract({{ trimmed(text) }}, '{{ pattern }}', 0)) > 2 then
                {% for group, seconds in [(2, 86400), (5, 3600), (7, 60), (9, 1)] -%}
                    {{ '+ ' if not loop.first }}coalesce({{ number_from_text("regexp_extract(" ~ trimmed(text) ~ ", '" ~ pattern ~ "', " ~ group ~ ")") }}, 0) * {{ seconds }}
                {% endfor %}
            end
        else {{ number_from_text(text) }}
    end
{%- endmacro %}
