{# One bound ('low' or 'high') of the 95 % interval of a difference of two shares, the first minus the second, by Newcombe's hybrid of two
   Wilson intervals (Interval estimation for the difference between independent proportions, Statistics in Medicine 17, 1998, method 10).
   Null without trials. #}
{% macro share_difference_interval(successes, trials, other_successes, other_trials, bound) -%}
    {%- set share = '(cast(' ~ successes ~ ' as double) / ' ~ trials ~ ')' -%}
    {%- set other_share = '(cast(' ~ other_successes ~ ' as double) / ' ~ other_trials ~ ')' -%}
    {%- set other_bound = 'high' if bound == 'low' else 'low' -%}
    case
        when {{ trials }} > 0 and {{ other_trials }} > 0
            then
                {{ share }} - {{ other_share }}
                {{ '-' if bound == 'low' else '+' }} sqrt(
                    power({{ share }} - ({{ wilson_interval(successes, trials, bound) }}), 2)
                    + power({{ other_share }} - ({{ wilson_interval(other_successes, other_trials, other_bound) }}), 2)
                )
    end
{%- endmacro %}
