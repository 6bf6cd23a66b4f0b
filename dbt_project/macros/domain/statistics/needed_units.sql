{# Units each variant needs for a two-sided test at 5 % to see a relative lift in 80 % of experiments (z 1.959964 and 0.841621), from what the
   control shows: of a rate (Fleiss, Statistical Methods for Rates and Proportions, without continuity correction) ... Null where the rate is
   0 or the lifted one is not below 1. #}
{% macro needed_units_of_rate(rate, lift) -%}
    {%- set lifted = '(' ~ rate ~ ' * (1 + ' ~ lift ~ '))' -%}
    {%- set middle = '(' ~ rate ~ ' * (1 + ' ~ lift ~ ' / 2e0))' -%}
    case
        when {{ rate }} > 0 and {{ lifted }} < 1
            then cast(ceil(power(
                1.959963984540054e0 * sqrt(2 * {{ middle }} * (1 - {{ middle }}))
                + 8.416212335729143e-1 * sqrt({{ rate }} * (1 - {{ rate }}) + {{ lifted }} * (1 - {{ lifted }})),
                2
            ) / power({{ rate }} * {{ lift }}, 2)) as bigint)
    end
{%- endmacro %}

{# ... and of a mean with this standard deviation. Null where either is 0. #}
{% macro needed_units_of_mean(mean, deviation, lift) -%}
    case
        when {{ mean }} > 0 and {{ deviation }} > 0
            then cast(ceil(2 * power((1.959963984540054e0 + 8.416212335729143e-1) * {{ deviation }} / ({{ mean }} * {{ lift }}), 2)) as bigint)
    end
{%- endmacro %}
