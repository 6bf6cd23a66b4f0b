{# Welch and Satterthwaite's degrees of freedom of a difference of two means; `error` is a mean's standard error. Null where both are 0. #}
{% macro welch_degrees(error, units, other_error, other_units) -%}
    power({{ error }} * {{ error }} + {{ other_error }} * {{ other_error }}, 2)
    / nullif(power({{ error }}, 4) / nullif({{ units }} - 1, 0) + power({{ other_error }}, 4) / nullif({{ other_units }} - 1, 0), 0)
{%- endmacro %}
