{# What holds in every row of a table, in one scan; the rows that break a rule come with the rules they break.

   has: columns that are never null. between: column to its least and greatest value, inclusive, either may be null for unbounded.
   one_of: column to its values. rules: name to an expression. An unknown value breaks nothing but `has`. One statement a table instead of
   one a rule: dbt's own work for a test costs more than most of these questions (2026-11-22: 370 tests, 14 s; 1M events). #}
{% test every_row(model, has=[], between={}, one_of={}, rules={}) %}

with

judged as (

    select
        concat_ws(
            '; '
            {%- for column in has %},
            case when {{ column }} is null then '{{ column }} is missing' end
            {%- endfor %}
            {%- for column, bounds in between.items() %}
            {%- if bounds[0] is not none %},
            case when {{ column }} < {{ bounds[0] }} then '{{ column }} is below {{ bounds[0] }}' end
            {%- endif %}
            {%- if bounds[1] is not none %},
            case when {{ column }} > {{ bounds[1] }} then '{{ column }} is above {{ bounds[1] }}' end
            {%- endif %}
            {%- endfor %}
            {%- for column, values in one_of.items() %},
            case when {{ column }} not in ('{{ values | join("', '") }}') then '{{ column }} is none of {{ values | join(", ") }}' end
            {%- endfor %}
            {%- for rule, expression in rules.items() %},
            case when not ({{ expression }}) then '{{ rule }}' end
            {%- endfor %}
        ) as broken_rules,
        *
    from {{ model }}

)

select * from judged
where broken_rules <> ''

{% endtest %}
