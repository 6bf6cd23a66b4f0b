{# What a killed run may have damaged beyond what it was about to compute, as a branch to append to a union of (session_key, changed_from,
   changed_to, reach_from, reach_to). Nothing where a statement is a transaction. Spark replaces a partition by removing the old folder
   and moving the new one in: killed in between, rows of other keys of that date are gone. So after an unfinished run all keys with
   events on its dates are computed anew, over all of their activity. #}
{% macro keys_at_risk(journal, events) -%}
    {{ return(adapter.dispatch('keys_at_risk')(journal, events)) }}
{%- endmacro %}

{% macro default__keys_at_risk(journal, events) -%}
    {{ exceptions.raise_compiler_error('keys_at_risk is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__keys_at_risk(journal, events) -%}
{%- endmacro %}

{% macro spark__keys_at_risk(journal, events) -%}
    {%- set dates = spark_dates(
        'select explode(sequence(cast(scope_from as date), cast(scope_to as date), interval 1 day)) from ' ~ journal
        ~ ' where base_version = (select version from ' ~ ref('last_finished_run') ~ ')'
    ) -%}
    {%- if dates %}
    union all

    select
        session_key,
        min(occurred_at),
        max(occurred_at),
        min(occurred_at),
        max(occurred_at)
    from {{ events }}
    where session_key in (select session_key from {{ events }} where occurred_date in ({{ spark_date_literals(dates) }}))
    group by session_key
    {%- endif -%}
{%- endmacro %}
