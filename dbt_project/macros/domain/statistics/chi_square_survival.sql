{# The chance that a chi-square variable of `degrees` (1 to 9) exceeds `statistic`: the finite sums of Abramowitz and Stegun 26.4.4 and
   26.4.5, exact but for rounding. Null for other degrees. #}
{% macro chi_square_survival(statistic, degrees) -%}
    {%- set half = '(' ~ statistic ~ ' / 2)' -%}
    case
        when {{ statistic }} <= 0 and {{ degrees }} between 1 and 9 then 1e0
        {% for count in range(1, 10) -%}
            {%- set terms = [] -%}
            {%- if count % 2 == 0 -%}
                {%- for power in range(count // 2) -%}
                    {%- do terms.insert(0, '(1e0 / ' ~ factorial(power) ~ ')') -%}
                {%- endfor -%}
                when {{ degrees }} = {{ count }} then exp(-{{ half }}) * {{ polynomial(half, terms) }}
            {% else -%}
                {#- erfc(sqrt(x / 2)) + exp(-x / 2) sqrt(2 x / pi) (1 + x / 3 + x^2 / (3 * 5) + ...) -#}
                {%- for power in range((count - 1) // 2) -%}
                    {%- do terms.insert(0, '(1e0 / ' ~ odd_factorial(power) ~ ')') -%}
                {%- endfor -%}
                when {{ degrees }} = {{ count }} then {{ complementary_error_of_root(half) }}
                    {%- if terms %} + exp(-{{ half }}) * sqrt({{ statistic }} * 6.3661977236758134e-1) * {{ polynomial(statistic, terms) }}{% endif %}
            {% endif -%}
        {% endfor -%}
    end
{%- endmacro %}

{% macro complementary_error_of_root(x) -%}
    {{ complementary_error('sqrt(' ~ x ~ ')') }}
{%- endmacro %}

{% macro factorial(number) -%}
    {%- set product = namespace(value=1) -%}
    {%- for factor in range(2, number + 1) -%}{%- set product.value = product.value * factor -%}{%- endfor -%}
    {{ product.value }}
{%- endmacro %}

{# 1 * 3 * 5 * ... with `number` + 1 factors. #}
{% macro odd_factorial(number) -%}
    {%- set product = namespace(value=1) -%}
    {%- for factor in range(1, number + 1) -%}{%- set product.value = product.value * (2 * factor + 1) -%}{%- endfor -%}
    {{ product.value }}
{%- endmacro %}
