{# One bound ('low' or 'high') of the 95 % interval of a relative lift, first mean / second mean - 1, by the delta method on the logarithm of
   the ratio; `error` is a mean's standard error. Null unless both means are above 0. #}
{% macro mean_lift_interval(mean, error, other_mean, other_error, bound) -%}
    {%- set sign = '-' if bound == 'low' else '+' -%}
    case
        when {{ mean }} > 0 and {{ other_mean }} > 0
            then
                {{ mean }} / {{ other_mean }} * exp(
                    {{ sign }} 1.959963984540054e0 * sqrt(power({{ error }} / {{ mean }}, 2) + power({{ other_error }} / {{ other_mean }}, 2))
                ) - 1
    end
{%- endmacro %}
