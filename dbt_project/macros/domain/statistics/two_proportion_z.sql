{# The pooled z of two shares, the first minus the second: its two-sided p-value is 2 * normal_survival(abs(z)). Null where nobody or
   everybody succeeded. #}
{% macro two_proportion_z(successes, trials, other_successes, other_trials) -%}
    {%- set pooled = '(cast(' ~ successes ~ ' + ' ~ other_successes ~ ' as double) / (' ~ trials ~ ' + ' ~ other_trials ~ '))' -%}
    case
        when
            {{ trials }} > 0
            and {{ other_trials }} > 0
            and {{ successes }} + {{ other_successes }} between 1 and {{ trials }} + {{ other_trials }} - 1
            then
                (cast({{ successes }} as double) / {{ trials }} - cast({{ other_successes }} as double) / {{ other_trials }})
                / sqrt({{ pooled }} * (1 - {{ pooled }}) * (1e0 / {{ trials }} + 1e0 / {{ other_trials }}))
    end
{%- endmacro %}
