-- The days and the complete months of kpi_period_comparison say what kpi_workspace_daily, kpi_video_daily, kpi_campaign_daily and
-- kpi_video_monthly say, on both sides of the comparison.
{% set metrics = ['impressions', 'plays', 'play_rate', 'unique_viewers', 'minutes_viewed', 'average_view_seconds'] %}
with

known as (

    {% for kind, table, column, period_kind, date_column in [
        ('workspace', 'kpi_workspace_daily', 'workspace_id', 'day', 'date_day'),
        ('video', 'kpi_video_daily', 'video_id', 'day', 'date_day'),
        ('campaign', 'kpi_campaign_daily', 'campaign_id', 'day', 'date_day'),
        ('video', 'kpi_video_monthly', 'video_id', 'month', 'month_start_date'),
    ] -%}
        {% set last = loop.last -%}
        {% for metric in metrics -%}
            select
                workspace_id,
                '{{ kind }}' as slice_kind,
                {{ column }} as slice_value,
                '{{ period_kind }}' as period_kind,
                {{ date_column }} as period_start_date,
                '{{ metric }}' as metric,
                cast({{ metric }} as double) as known_value
            from {{ ref(table) }}
            {{ 'union all' if not (loop.last and last) }}
        {% endfor -%}
    {% endfor %}

),

compared as (

    {% for value, start in [('value', 'period_start_date'), ('previous_value', 'previous_start_date')] -%}
        select
            workspace_id,
            slice_kind,
            slice_value,
            period_kind,
            {{ start }} as period_start_date,
            metric,
            {{ value }} as compared_value
        from {{ ref('kpi_period_comparison') }}
        where is_complete and (slice_kind = 'video' or (slice_kind in ('workspace', 'campaign') and period_kind = 'day'))
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select compared.*, known.known_value
from compared
inner join known
    on
        compared.workspace_id = known.workspace_id
        and compared.slice_kind = known.slice_kind
        and compared.slice_value = known.slice_value
        and compared.period_kind = known.period_kind
        and compared.period_start_date = known.period_start_date
        and compared.metric = known.metric
where
    compared.compared_value is not null
    and (known.known_value is null or abs(compared.compared_value - known.known_value) > 0.001 * greatest(1, known.known_value))
