{# How likely a Poisson variable reaches a count: P(X >= count) at a mean, one row per row of a relation: `columns` and `upper_tail`.
   The terms themselves are added up: those from the count on where it lies above the mean (small chances keep their digits), else
   what those below it leave of 1. Terms further than ten standard deviations out are below 1e-20 and left out. #}
{% macro poisson_upper_tails(relation, columns, count, mean) -%}
    with

    tails_asked as (

        select
            {{ columns | join(', ') }},
            cast({{ count }} as bigint) as tail_count,
            cast({{ mean }} as double) as tail_mean
        from {{ relation }}

    ),

    tail_bounds as (

        select
            tail_count,
            tail_mean,
            case
                when tail_count > tail_mean then tail_count
                else greatest(cast(floor(tail_mean - 10 * sqrt(tail_mean) - 10) as bigint), 0)
            end as first_term,
            case
                when tail_count > tail_mean then tail_count + cast(ceil(10 * sqrt(tail_count)) as bigint) + 40
                else tail_count - 1
            end as last_term
        from tails_asked
        where tail_count > 0 and tail_mean > 0
        group by tail_count, tail_mean

    ),

    tail_terms as (

        {{ unnest_seconds('tail_bounds', ['tail_count', 'tail_mean'], 'first_term', 'last_term') }}

    ),

    tail_sums as (

        select
            tail_count,
            tail_mean,
            sum(exp(second * ln(tail_mean) - tail_mean - {{ ln_factorial('second') }})) as terms
        from tail_terms
        group by tail_count, tail_mean

    )

    select
        {% for column in columns %}tails_asked.{{ column }}, {% endfor %}
        case
            when tails_asked.tail_count <= 0 then 1
            when tails_asked.tail_mean <= 0 then 0
            when tails_asked.tail_count > tails_asked.tail_mean then least(coalesce(tail_sums.terms, 0), 1)
            else greatest(1 - coalesce(tail_sums.terms, 0), 0)
        end as upper_tail
    from tails_asked
    left join tail_sums on tails_asked.tail_count = tail_sums.tail_count and tails_asked.tail_mean = tail_sums.tail_mean
{%- endmacro %}

{# ln(n!) of a whole number n >= 0: Stirling's series at n + 10, where four terms are good to 1e-12, less the ten factors too many. #}
{% macro ln_factorial(n) -%}
    {%- set m = '(cast(' ~ n ~ ' as double) + 10)' -%}
    (
        ({{ m }} + 0.5) * ln({{ m }}) - {{ m }} + 0.91893853320467274178
        + 1 / (12 * {{ m }}) - 1 / (360 * pow({{ m }}, 3)) + 1 / (1260 * pow({{ m }}, 5)) - 1 / (1680 * pow({{ m }}, 7))
        {%- for step in range(1, 11) %} - ln(cast({{ n }} as double) + {{ step }}){% endfor %}
    )
{%- endmacro %}
