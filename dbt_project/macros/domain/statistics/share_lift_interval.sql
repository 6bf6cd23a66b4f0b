{# One bound ('low' or 'high') of the 95 % interval of a relative lift, first share / second share - 1, by the delta method on the logarithm
   of the ratio (Katz et al., Biometrics 34, 1978). Null where either has no success. #}
{% macro share_lift_interval(successes, trials, other_successes, other_trials, bound) -%}
    {%- set sign = '-' if bound == 'low' else '+' -%}
    case
        when {{ successes }} > 0 and {{ other_successes }} > 0
            then
                exp(
                    ln((cast({{ successes }} as double) / {{ trials }}) / (cast({{ other_successes }} as double) / {{ other_trials }}))
                    {{ sign }} 1.959963984540054e0 * sqrt(greatest(
                        0e0, 1e0 / {{ successes }} - 1e0 / {{ trials }} + 1e0 / {{ other_successes }} - 1e0 / {{ other_trials }}
                    ))
                ) - 1
    end
{%- endmacro %}
