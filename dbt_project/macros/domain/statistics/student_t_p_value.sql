{# The two-sided p-value of Student's t with real degrees of freedom of at least 1. All three are columns: `z` is student_t_as_normal of the
   other two (written out in place it would make the statement too long to plan: 7 s, 2026-11-22).
   Below 20 degrees: the regularized incomplete beta function I(df / (df + t^2); df / 2, 1/2) by its continued fraction (Abramowitz and Stegun
   26.5.8) with 20 terms, from the side where it converges. From 20 on: G. W. Hill's normalizing transformation (Algorithm 395, CACM 13, 1970).
   Measured against scipy for 1 to 1e7 degrees: error below 1e-8. Neither engine has the function, and they share no gamma function. #}
{% macro student_t_p_value(t, degrees, z) -%}
    {%- set a = '(' ~ degrees ~ ' / 2e0)' -%}
    {%- set x = '(' ~ degrees ~ ' / (' ~ degrees ~ ' + ' ~ t ~ ' * ' ~ t ~ '))' -%}
    {%- set rest = '(' ~ t ~ ' * ' ~ t ~ ' / (' ~ degrees ~ ' + ' ~ t ~ ' * ' ~ t ~ '))' -%}
    {%- set factor = '(power(' ~ x ~ ', ' ~ a ~ ') * sqrt(' ~ rest ~ ') * ' ~ gamma_ratio(a) ~ ' / 1.7724538509055160e0)' -%}
    case
        when {{ t }} = 0 then 1e0
        when {{ degrees }} >= 20 then 2 * {{ normal_survival(z) }}
        when {{ x }} * ({{ a }} + 2.5e0) < {{ a }} + 1 then {{ factor }} * {{ beta_fraction(a, '0.5e0', x) }} / {{ a }}
        else 1 - {{ factor }} * {{ beta_fraction('0.5e0', a, rest) }} / 0.5e0
    end
{%- endmacro %}

{# Hill's z, as unlikely to be exceeded by a normal variable as |t| by Student's. #}
{% macro student_t_as_normal(t, degrees) -%}
    {%- set ratio = '(' ~ t ~ ' * ' ~ t ~ ' / ' ~ degrees ~ ')' -%}
    {%- set a = '(' ~ degrees ~ ' - 0.5e0)' -%}
    {%- set b = '(48 * ' ~ a ~ ' * ' ~ a ~ ')' -%}
    {#- ln(1 + ratio), by its series where 1 + ratio would swallow digits -#}
    {%- set logarithm -%}
        (case when {{ ratio }} < 1e-4 then {{ ratio }} * {{ polynomial(ratio, ['-0.25e0', '(1e0 / 3)', '-0.5e0', '1e0']) }} else ln(1 + {{ ratio }}) end)
    {%- endset -%}
    {%- set y = '(' ~ a ~ ' * ' ~ logarithm ~ ')' -%}
    (
        (
            ({{ polynomial(y, ['-0.4e0', '-3.3e0', '-24e0', '-85.5e0']) }} / (0.8e0 * {{ y }} * {{ y }} + 100 + {{ b }}) + {{ y }} + 3) / {{ b }} + 1
        ) * sqrt({{ y }})
    )
{%- endmacro %}

{# gamma(a + 1/2) / gamma(a): its asymptotic series at a + 8, brought back by the recurrence. #}
{% macro gamma_ratio(a) -%}
    {%- set shifted = '(' ~ a ~ ' + 8)' -%}
    (
        sqrt({{ shifted }}) * {{ polynomial('(1e0 / ' ~ shifted ~ ')', [
            '(869e0 / 4194304)', '(-399e0 / 262144)', '(-21e0 / 32768)', '(5e0 / 1024)', '(1e0 / 128)', '-0.125e0', '1e0'
        ]) }}
        {%- for step in range(8) %} * ({{ a }} + {{ step }}) / ({{ a }} + {{ step }}.5e0){% endfor -%}
    )
{%- endmacro %}

{# The continued fraction of the incomplete beta function, 20 terms from the innermost outwards. #}
{% macro beta_fraction(a, b, x) -%}
    {%- set fraction = namespace(text='1e0') -%}
    {%- for term in range(20, 0, -1) -%}
        {%- set half = term // 2 -%}
        {%- if term % 2 == 0 -%}
            {%- set numerator = half ~ ' * (' ~ b ~ ' - ' ~ half ~ ') * ' ~ x ~ ' / ((' ~ a ~ ' + ' ~ (term - 1) ~ ') * (' ~ a ~ ' + ' ~ term ~ '))' -%}
        {%- else -%}
            {%- set numerator = '-(' ~ a ~ ' + ' ~ half ~ ') * (' ~ a ~ ' + ' ~ b ~ ' + ' ~ half ~ ') * ' ~ x
                ~ ' / ((' ~ a ~ ' + ' ~ (term - 1) ~ ') * (' ~ a ~ ' + ' ~ term ~ '))' -%}
        {%- endif -%}
        {%- set fraction.text = '(1 + (' ~ numerator ~ ') / ' ~ fraction.text ~ ')' -%}
    {%- endfor -%}
    (1 / {{ fraction.text }})
{%- endmacro %}
