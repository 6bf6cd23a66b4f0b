{# One bound ('low' or 'high') of the 95 % interval of a share by Wilson (1927): of `successes` out of `trials`. Null without trials.
   Unlike the textbook interval it stays within 0 and 1, and says something at 0 of 5. #}
{% macro wilson_interval(successes, trials, bound) -%}
    {%- set z = '1.959963984540054e0' -%}
    {%- set n = 'cast(' ~ trials ~ ' as double)' -%}
    {%- set share = '(cast(' ~ successes ~ ' as double) / ' ~ n ~ ')' -%}
    case
        when {{ trials }} > 0 then
            {{ 'greatest(0e0' if bound == 'low' else 'least(1e0' }}, (
                {{ share }} + {{ z }} * {{ z }} / (2 * {{ n }})
                {{ '-' if bound == 'low' else '+' }} {{ z }} * sqrt(
                    greatest(0e0, {{ share }} * (1 - {{ share }})) / {{ n }} + {{ z }} * {{ z }} / (4 * {{ n }} * {{ n }})
                )
            ) / (1 + {{ z }} * {{ z }} / {{ n }}))
    end
{%- endmacro %}
