{# What most rows say a key's column is: one row per key with any value; of equally frequent values the first in byte order. #}
{% macro most_said(relation, keys, column) -%}
    select
        {{ keys | join(', ') }},
        {{ column }}
    from (
        select
            *,
            row_number() over (partition by {{ keys | join(', ') }} order by said_count desc, {{ column }} asc) as place
        from (
            select
                {{ keys | join(', ') }},
                {{ column }},
                count(*) as said_count
            from {{ relation }}
            where {{ column }} is not null
            group by {{ keys | join(', ') }}, {{ column }}
        ) as sayings
    ) as ranked
    where place = 1
{%- endmacro %}
