{# Which rows the data tests ask about. `dbt test` asks all. A `dbt build` that builds on a finished run, whose tests passed, asks those of
   the dates that it computes anew (docs/decisions/0008). Tables without a date are asked whole.

   dbt calls `get_where_subquery` for the model that a generic test is attached to; a test in tests/conservation asks for the
   same with `where_changed` and `and_changed`, on a date by which the rows of both of its sides are filed. #}
{% macro get_where_subquery(relation) -%}
    {%- set conditions = [config.get('where')] if config.get('where') else [] -%}
    {%- set meta = graph.nodes[model.attached_node].config.meta if execute and model.attached_node in graph.nodes else {} -%}
    {%- set column = filed_by(meta) -%}
    {%- if column and asks_changed_rows_only() -%}
        {%- do conditions.append(is_changed_date(column, meta.get('stale_dates', 'stale_report_dates'))) -%}
    {%- endif -%}
    {%- if conditions -%}
        (select * from {{ relation }} where {{ conditions | join(' and ') }}) as dbt_subquery
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}

{% macro where_changed(column, stale_dates='stale_report_dates') -%}
    {%- if asks_changed_rows_only() %}where {{ is_changed_date(column, stale_dates) }}{% endif -%}
{%- endmacro %}

{% macro and_changed(column, stale_dates='stale_report_dates') -%}
    {%- if asks_changed_rows_only() %}and {{ is_changed_date(column, stale_dates) }}{% endif -%}
{%- endmacro %}

{# The column with the date that decides whether a run computes a row anew; none where a period or a whole table is. #}
{% macro filed_by(meta) -%}
    {{ return(meta.get('published_by') or meta.get('scope_date') or (meta.get('date_column') if not meta.get('stale_expression'))) }}
{%- endmacro %}

{% macro asks_changed_rows_only() -%}
    {%- if not execute or not flags.INTROSPECT or flags.FULL_REFRESH -%}{{ return(false) }}{%- endif -%}
    {%- if 'model.' ~ project_name ~ '.stale_report_dates' not in selected_resources -%}{{ return(false) }}{%- endif -%}
    {%- set last_run = existing_relation('state', 'last_finished_run') -%}
    {{ return(last_run is not none and run_query('select version from ' ~ last_run).columns[0].values()[0] != 'none') }}
{%- endmacro %}

{# Few dates are listed: literals alone skip partitions and row groups. #}
{% macro is_changed_date(column, stale_dates) -%}
    {%- set date = 'event_date' if stale_dates == 'stale_event_dates' else 'report_date' -%}
    {%- set listing = 'select ' ~ date ~ ' from ' ~ existing_relation('state', stale_dates) -%}
    {%- set days = run_query(listing ~ ' order by 1').columns[0].values() -%}
    {%- if days | length == 0 -%}
        1 = 0
    {%- elif days | length <= 400 -%}
        {{ column }} in ({% for day in days %}date '{{ day }}'{{ ', ' if not loop.last }}{% endfor %})
    {%- else -%}
        {{ column }} in ({{ listing }})
    {%- endif -%}
{%- endmacro %}
