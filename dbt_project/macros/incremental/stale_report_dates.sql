{# The report periods (of views' start dates) that a run must compute anew, as a filter. Nothing in a full build. #}
{% macro where_stale_report_date(column, report_period='report_date') -%}
    {%- if is_incremental() -%}
        where {{ column }} in (select {{ report_period }} from {{ ref('stale_report_dates') }})
    {%- endif -%}
{%- endmacro %}
