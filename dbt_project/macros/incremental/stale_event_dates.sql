{# The event dates whose bronze changed since the last finished run, as a filter with literal dates: partitions of the lake are
   pruned by literals only. Nothing in a full build. #}
{% macro and_stale_event_date(column) -%}
    {%- if is_incremental() -%}
        and {{ in_stale_event_dates(column) }}
    {%- endif -%}
{%- endmacro %}

{% macro in_stale_event_dates(column) -%}
    {%- set dates = run_query('select event_date from ' ~ ref('stale_event_dates') ~ ' order by event_date').columns[0].values() if execute else [] -%}
    {%- if dates | length == 0 -%}
        1 = 0
    {%- else -%}
        {{ column }} in ({% for date in dates %}date '{{ date }}'{{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}
