{# The probability of at least `successes` successes in `trials` trials of `probability` each: selects `columns` of a relation, in which
   no two rows agree, plus the tail under its name. 1 without a success, 0 for more successes than trials, null where anything is unknown.

   P(X >= x) is the regularized incomplete beta function I_p(x, n - x + 1). Below its peak the integrand falls off at least as fast as
   it does at p (it is log-concave), and no slower than a normal density of its deviation or an exponential one of its scale: what is
   left of it beyond 40 decays, or 9 deviations and 40 scales, is below 1e-17. The rest is smooth, and 32 fixed points of Gauss and
   Legendre are enough for any number of trials. Above the peak it is 1 less its mirror image.
   Against SciPy to 1e-6: tests/statistics/test_binomial.py. #}
{% macro binomial_upper_tails(relation, columns, successes, trials, probability, name) -%}
    select
        {{ columns | join(', ') }},
        case
            when asked_x is null or asked_n is null or asked_p is null then cast(null as double)
            when asked_x <= 0 then 1
            when asked_x > asked_n or asked_p <= 0 then 0
            when asked_p >= 1 then 1
            else least(greatest(case when tail_is_lower then tail_area else 1 - tail_area end, 0), 1)
        end as {{ name }}
    from (
        select
            {{ columns | join(', ') }},
            asked_x,
            asked_n,
            asked_p,
            tail_is_lower,
            tail_width * sum(points.weight * {{ beta_density('tail_q - points.place * tail_width', 'tail_r + points.place * tail_width') }}) as tail_area
        from (
            select
                *,
                least(
                    tail_q,
                    (9 * sqrt(tail_a * tail_b / (tail_a + tail_b + 1)) + 40) / (tail_a + tail_b),
                    case
                        when (tail_a - 1) / tail_q > (tail_b - 1) / tail_r then 40 / ((tail_a - 1) / tail_q - (tail_b - 1) / tail_r)
                        else tail_q
                    end
                ) as tail_width,
                -- what the density at any point has in common (ln), by Stirling's series so that great numbers never meet
                0.5 * ln(tail_a / (tail_a + tail_b) * tail_b) - 0.91893853320467274
                - {{ stirling_rest('tail_a') }} - {{ stirling_rest('tail_b') }} + {{ stirling_rest('(tail_a + tail_b)') }} as tail_constant
            from (
                select
                    *,
                    case when tail_is_lower then tail_x else tail_n - tail_x + 1 end as tail_a,
                    case when tail_is_lower then tail_n - tail_x + 1 else tail_x end as tail_b,
                    case when tail_is_lower then tail_p else 1 - tail_p end as tail_q,
                    case when tail_is_lower then 1 - tail_p else tail_p end as tail_r
                from (
                    select
                        *,
                        -- with one success the peak lies at 0: where the tail is small it is summed up, not taken from 1
                        coalesce(tail_p <= (tail_x - 1) / nullif(tail_n - 1, 0), true) or (tail_x = 1 and tail_n * tail_p <= 1) as tail_is_lower
                    from (
                        -- what the answer above never asks for is kept within the domain of a logarithm
                        select
                            {{ columns | join(', ') }},
                            {{ successes }} as asked_x,
                            {{ trials }} as asked_n,
                            {{ probability }} as asked_p,
                            cast(greatest({{ trials }}, 1) as double) as tail_n,
                            cast(least(greatest({{ successes }}, 1), greatest({{ trials }}, 1)) as double) as tail_x,
                            least(greatest({{ probability }}, 1e-300), 1 - 1e-15) as tail_p
                        from {{ relation }}
                    ) as within_domain
                ) as sided
            ) as mirrored
        ) as scaled
        cross join (
            values
            {% for place, weight in gauss_legendre_points() -%}
                ({{ place }}e0, {{ weight }}e0){{ ',' if not loop.last }}
            {% endfor %}
        ) as points (place, weight)
        group by {{ columns | join(', ') }}, asked_x, asked_n, asked_p, tail_is_lower, tail_width
    ) as integrated
{%- endmacro %}

{# The density of the beta distribution at t, its complement 1 - t given apart so that neither loses its last places. #}
{% macro beta_density(t, complement) -%}
    exp(
        tail_constant
        + tail_a * ln(({{ t }}) * ((tail_a + tail_b) / tail_a)) + tail_b * ln(({{ complement }}) * ((tail_a + tail_b) / tail_b))
        - ln({{ t }}) - ln({{ complement }})
    )
{%- endmacro %}

{# ln(gamma(z)) less Stirling's (z - 1/2) ln z - z + ln(2 pi) / 2, for z >= 1; below 16 the series is taken at z + 16. #}
{% macro stirling_rest(z) -%}
    case
        when {{ z }} >= 16 then {{ stirling_series(z) }}
        else
            {{ stirling_series('(' ~ z ~ ' + 16)') }} - 16
            {% for i in range(16) -%}
                + ({{ z }} + {{ i + 0.5 }}) * ln(({{ z }} + {{ i + 1 }}) / ({{ z }} + {{ i }}))
            {% endfor %}
    end
{%- endmacro %}

{% macro stirling_series(z) -%}
    (8.33333333333333333e-2 - (2.77777777777777778e-3 - 7.93650793650793651e-4 / {{ z }} / {{ z }}) / {{ z }} / {{ z }}) / {{ z }}
{%- endmacro %}

{# Places and weights of 32-point Gauss-Legendre quadrature on [0, 1]. #}
{% macro gauss_legendre_points() -%}
    {{ return([
        (0.00136806907525922, 0.00350930500473525),
        (0.00719424422736581, 0.00813719736545287),
        (0.01761887220624681, 0.01269603265463101),
        (0.03254696203113017, 0.01713693145651088),
        (0.05183942211697395, 0.02141794901111342),
        (0.07531619313371501, 0.02549902963118805),
        (0.10275810201602881, 0.02934204673926778),
        (0.13390894062985514, 0.03291111138818084),
        (0.16847786653489238, 0.03617289705442417),
        (0.20614212137961885, 0.03909694789353511),
        (0.24655004553388532, 0.04165596211347335),
        (0.28932436193468236, 0.04382604650220189),
        (0.33406569885893617, 0.04558693934788189),
        (0.38035631887393145, 0.04692219954040226),
        (0.42776401920860174, 0.04781936003963735),
        (0.47584616715613082, 0.04827004425736383),
        (0.52415383284386918, 0.04827004425736383),
        (0.57223598079139826, 0.04781936003963735),
        (0.61964368112606849, 0.04692219954040226),
        (0.66593430114106389, 0.04558693934788189),
        (0.71067563806531764, 0.04382604650220189),
        (0.75344995446611462, 0.04165596211347335),
        (0.79385787862038115, 0.03909694789353511),
        (0.83152213346510762, 0.03617289705442417),
        (0.86609105937014486, 0.03291111138818084),
        (0.89724189798397114, 0.02934204673926778),
        (0.92468380686628504, 0.02549902963118805),
        (0.94816057788302599, 0.02141794901111342),
        (0.96745303796886983, 0.01713693145651088),
        (0.98238112779375319, 0.01269603265463101),
        (0.99280575577263419, 0.00813719736545287),
        (0.99863193092474078, 0.00350930500473525)
    ]) }}
{%- endmacro %}
