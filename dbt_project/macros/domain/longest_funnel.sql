{# The most steps that any funnel of this warehouse has: a step more is one sort more over all that viewers did. Where nothing may be asked
   or nothing is there yet, and under a unit test, as many as a funnel may have. Never less than two: Spark's `greatest` compares. #}
{% macro longest_funnel(steps) -%}
    {%- set most = none -%}
    {%- if this is not none and existing_relation(steps.schema, steps.identifier) is not none -%}
        {%- set most = run_query('select max(step_count) from ' ~ steps).columns[0].values()[0] -%}
    {%- endif -%}
    {{ return(max_funnel_steps() if most is none else [most | int, 2] | max) }}
{%- endmacro %}
