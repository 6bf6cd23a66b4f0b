{# The event dates whose bronze changed since the last finished run, as a filter with literal dates: partitions of the lake are
   pruned by literals only. Nothing in a full build. #}
{% macro and_stale_event_date(column) -%}
    {%- if is_incremental() -%}
        and {{ in_stale_event_dates(column) }}
    {%- endif -%}
{%- endmacro %}

{# The bounds say nothing new, but unlike a list of dates they reach the other side of a join: 2026-11, DuckDB 2.0.0. #}
{% macro in_stale_event_dates(column) -%}
    {%- set dates = run_query('select event_date from ' ~ ref('stale_event_dates') ~ ' order by event_date').columns[0].values() if execute else [] -%}
    {%- if dates | length == 0 -%}
        1 = 0
    {%- else -%}
        {{ column }} in ({% for date in dates %}date '{{ date }}'{{ ', ' if not loop.last }}{% endfor %})
        and {{ column }} >= date '{{ dates | first }}' and {{ column }} <= date '{{ dates | last }}'
    {%- endif -%}
{%- endmacro %}

{# What of the staged records a run has to read: all of a date that counts anew as a whole; else, where rows may be added to a date,
   only those of loads that arrived. Loads are listed by name while they are few, so that their files alone are read. #}
{% macro and_newly_staged(relation) -%}
    {%- if is_incremental() -%}
        {{ and_stale_event_date(relation ~ '.event_date') }}
        {%- if adds_to_dates() %}
        and (
            {{ relation }}.event_date in (select stale.event_date from {{ ref('stale_event_dates') }} as stale where stale.is_rebuilt)
            or {{ in_added_loads(relation ~ '.load_id') }}
        )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro in_added_loads(column) -%}
    {%- set loads = run_query('select distinct load_id from ' ~ ref('added_loads') ~ ' order by load_id').columns[0].values() if execute else [] -%}
    {%- if loads | length == 0 -%}
        1 = 0
    {%- elif loads | length <= 500 -%}
        {{ column }} in ({% for load in loads %}'{{ load }}'{{ ', ' if not loop.last }}{% endfor %})
    {%- else -%}
        {{ column }} in (select added_loads.load_id from {{ ref('added_loads') }} as added_loads)
    {%- endif -%}
{%- endmacro %}
