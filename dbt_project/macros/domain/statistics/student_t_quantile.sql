{# The 97.5 % quantile of Student's t for real degrees of freedom of at least 1: how many standard errors a 95 % interval reaches. exp of a
   polynomial in 1 / degrees, fitted at 400 Chebyshev nodes to scipy's t.ppf (2026-11): relative error below 1e-8. #}
{% macro student_t_quantile(degrees) -%}
    exp({{ polynomial('(1e0 / ' ~ degrees ~ ')', [
        '0.043277990289748e0', '-0.26719536712065e0', '0.6982194058666e0', '-0.98594276251045e0', '0.80356356848245e0',
        '-0.42313312545148e0', '0.23855017343221e0', '-0.072138333513894e0', '-0.23657637090211e0', '0.15261534811049e0',
        '0.707558613223e0', '1.2103652010765e0', '0.6729260963456e0'
    ]) }})
{%- endmacro %}
