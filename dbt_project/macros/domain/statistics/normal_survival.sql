{# The chance that a standard normal variable exceeds z: erfc(z / sqrt 2) / 2. `z` is repeated often: pass a column. #}
{% macro normal_survival(z) -%}
    (({{ complementary_error('(' ~ z ~ ' / 1.4142135623730951e0)') }}) / 2)
{%- endmacro %}
