{# A number in whole parts of `scale` (thousandths at 1000), rounded half up, as an exact decimal: sums of it come out the same in whatever order
   they are added. Null beyond a thousand million, where no score or rating lies. #}
{% macro scaled_integer(expression, scale) -%}
    case
        when {{ expression }} between -1000000000 and 1000000000 then cast(floor(({{ expression }}) * {{ scale }} + 0.5) as decimal(18, 0))
    end
{%- endmacro %}

{# A share rounded half up to millionths by arithmetic that every engine does alike. #}
{% macro rounded_share(expression) -%}
    (floor(({{ expression }}) * 1000000 + 0.5) / 1000000)
{%- endmacro %}
