{# The union of each owner's stretches of whole seconds: touching and overlapping ones joined. `owner` lists the columns that name one. #}
{% macro covered_stretches(relation, owner) -%}
    {%- set owner_columns = owner | join(', ') -%}
    with

    in_order as (

        select
            {{ owner_columns }},
            first_second,
            last_second,
            max(last_second) over (
                partition by {{ owner_columns }}
                order by first_second, last_second
                rows between unbounded preceding and 1 preceding
            ) as covered_until
        from {{ relation }}

    ),

    numbered as (

        -- by range, not rows: twins (the same bounds twice) must get the same number whichever of them comes first
        select
            *,
            sum(case when covered_until is null or first_second > covered_until + 1 then 1 else 0 end) over (
                partition by {{ owner_columns }}
                order by first_second, last_second
                range between unbounded preceding and current row
            ) as stretch_number
        from in_order

    )

    select
        {{ owner_columns }},
        stretch_number,
        min(first_second) as first_second,
        max(last_second) as last_second
    from numbered
    group by {{ owner_columns }}, stretch_number
{%- endmacro %}
