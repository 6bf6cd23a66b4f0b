-- One row per slice, period, comparison and metric: the value of the newest periods beside that of the period before and of a year ago.
{{ config(materialized='table') }}
{% set limits = var('comparison_periods') %}
-- what a period is compared with: how far back it lies, and for calendar periods how long it is
{% set comparisons = [
    {'kind': 'day', 'comparison': 'previous_period', 'back': "interval '1' day"},
    {'kind': 'day', 'comparison': 'previous_year', 'back': "interval '364' day"},
    {'kind': '7_days', 'comparison': 'previous_period', 'back': "interval '7' day"},
    {'kind': '7_days', 'comparison': 'previous_year', 'back': "interval '364' day"},
    {'kind': 'month', 'comparison': 'previous_period', 'back': "interval '1' month", 'length': "interval '1' month"},
    {'kind': 'month', 'comparison': 'previous_year', 'back': "interval '12' month", 'length': "interval '1' month"},
    {'kind': 'quarter', 'comparison': 'previous_period', 'back': "interval '3' month", 'length': "interval '3' month"},
    {'kind': 'quarter', 'comparison': 'previous_year', 'back': "interval '12' month", 'length': "interval '3' month"},
] %}
{% set metrics = ['impressions', 'plays', 'play_rate', 'unique_viewers', 'minutes_viewed', 'average_view_seconds'] %}
{% set slice = ['workspace_id', 'slice_kind', 'slice_value'] %}
{% set pair = ['period_kind', 'comparison', 'period_start_date', 'period_end_date', 'previous_start_date', 'previous_end_date', 'is_complete'] %}
with

slice_days as (

    select * from {{ ref('int_slice_days') }}

),

returns as (

    select * from {{ ref('viewer_return') }}

),

-- Periods end where the workspace's data ends: no clock is asked.
anchors as (

    select
        workspace_id,
        min(date_day) as first_date,
        max(date_day) as last_date
    from slice_days
    where slice_kind = 'workspace'
    group by workspace_id

),

dates as (

    {{ unnest_dates('anchors', ['workspace_id', 'first_date', 'last_date'], 'first_date', 'last_date') }}

),

counted_dates as (

    select
        *,
        cast(floor({{ seconds_between('cast(date_day as timestamp)', 'cast(last_date as timestamp)') }} / 86400 + 0.5) as bigint) as days_back
    from dates

),

periods as (

    select
        workspace_id,
        first_date,
        last_date,
        'day' as period_kind,
        date_day as period_start_date,
        date_day as full_end_date
    from counted_dates
    where days_back < {{ limits['day'] }}
    union all
    select
        workspace_id,
        first_date,
        last_date,
        '7_days' as period_kind,
        cast(date_day - interval '6' day as date) as period_start_date,
        date_day as full_end_date
    from counted_dates
    where days_back < 7 * {{ limits['7_days'] }} and days_back % 7 = 0
    {% for kind, months in [('month', 1), ('quarter', 3)] -%}
        union all
        select
            workspace_id,
            first_date,
            last_date,
            '{{ kind }}' as period_kind,
            cast(date_trunc('{{ kind }}', date_day) as date) as period_start_date,
            cast(date_trunc('{{ kind }}', date_day) + interval '{{ months }}' month - interval '1' day as date) as full_end_date
        from counted_dates
        where date_trunc('{{ kind }}', date_day) > date_trunc('{{ kind }}', last_date) - interval '{{ months * limits[kind] }}' month
        group by workspace_id, first_date, last_date, date_trunc('{{ kind }}', date_day)
    {% endfor %}

),

ended_periods as (

    select
        *,
        least(full_end_date, last_date) as period_end_date,
        full_end_date <= last_date and period_start_date >= first_date as is_complete
    from periods

),

-- A period that still runs is compared with the same days of the other one.
pairs as (

    {% for one in comparisons -%}
        select
            workspace_id,
            first_date,
            period_kind,
            '{{ one.comparison }}' as comparison,
            period_start_date,
            period_end_date,
            cast(period_start_date - {{ one.back }} as date) as previous_start_date,
            {% if one.length -%}
                case
                    when full_end_date > last_date then cast(period_end_date - {{ one.back }} as date)
                    else cast(period_start_date - {{ one.back }} + {{ one.length }} - interval '1' day as date)
                end as previous_end_date,
            {%- else -%}
                cast(period_end_date - {{ one.back }} as date) as previous_end_date,
            {%- endif %}
            is_complete
        from ended_periods
        where period_kind = '{{ one.kind }}'
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

spans as (

    select workspace_id, period_start_date as span_start, period_end_date as span_end from pairs
    union
    select workspace_id, previous_start_date as span_start, previous_end_date as span_end from pairs
    where previous_start_date >= first_date

),

sums as (

    select
        {% for column in slice %}slice_days.{{ column }}, {% endfor %}
        spans.span_start,
        spans.span_end,
        sum(slice_days.impressions) as impressions,
        sum(slice_days.plays) as plays,
        {{ rounded_seconds('sum(slice_days.watch_seconds)') }} as watch_seconds
    from slice_days
    inner join spans
        on slice_days.workspace_id = spans.workspace_id and slice_days.date_day between spans.span_start and spans.span_end
    group by {% for column in slice %}slice_days.{{ column }}, {% endfor %}spans.span_start, spans.span_end

),

viewers as (

    select
        {% for column in slice %}returns.{{ column }}, {% endfor %}
        spans.span_start,
        spans.span_end,
        sum(returns.viewer_count) as unique_viewers
    from returns
    inner join spans
        on
            returns.workspace_id = spans.workspace_id
            and returns.active_date between spans.span_start and spans.span_end
            and (returns.previous_active_date is null or returns.previous_active_date < spans.span_start)
    group by {% for column in slice %}returns.{{ column }}, {% endfor %}spans.span_start, spans.span_end

),

measured as (

    select
        {% for column in slice %}sums.{{ column }}, {% endfor %}
        sums.span_start,
        sums.span_end,
        cast(sums.impressions as double) as impressions,
        cast(sums.plays as double) as plays,
        cast(coalesce(viewers.unique_viewers, 0) as double) as unique_viewers,
        sums.watch_seconds
    from sums
    left join viewers
        on
            {% for column in slice + ['span_start', 'span_end'] -%}
                {{ 'and ' if not loop.first }}sums.{{ column }} = viewers.{{ column }}
            {% endfor %}

),

slice_periods as (

    {% for side in ['period', 'previous'] -%}
        select
            {% for column in slice %}measured.{{ column }}, {% endfor %}
            pairs.first_date,
            {% for column in pair %}pairs.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
        from pairs
        inner join measured
            on
                pairs.workspace_id = measured.workspace_id
                and pairs.{{ side }}_start_date = measured.span_start
                and pairs.{{ side }}_end_date = measured.span_end
        {{ 'union' if not loop.last }}
    {% endfor %}

),

-- A slice without views in a period has none; of what lies before the workspace's first date nothing is known.
sides as (

    select
        {% for column in slice + pair %}slice_periods.{{ column }}, {% endfor %}
        {% for measure in ['impressions', 'plays', 'unique_viewers', 'watch_seconds'] -%}
            coalesce(present.{{ measure }}, 0) as {{ measure }},
            case when slice_periods.previous_start_date >= slice_periods.first_date then coalesce(past.{{ measure }}, 0) end
                as previous_{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from slice_periods
    {% for name, side in [('present', 'period'), ('past', 'previous')] -%}
        left join measured as {{ name }}
            on
                {% for column in slice -%}
                    slice_periods.{{ column }} = {{ name }}.{{ column }} and
                {% endfor -%}
                slice_periods.{{ side }}_start_date = {{ name }}.span_start and slice_periods.{{ side }}_end_date = {{ name }}.span_end
    {% endfor %}

),

rated as (

    select
        *,
        {% for prefix in ['', 'previous_'] -%}
            {{ prefix }}plays / nullif({{ prefix }}impressions, 0) as {{ prefix }}play_rate,
            {{ prefix }}watch_seconds / 60 as {{ prefix }}minutes_viewed,
            {{ prefix }}watch_seconds / nullif({{ prefix }}plays, 0) as {{ prefix }}average_view_seconds{{ ',' if not loop.last }}
        {% endfor %}
    from sides

),

final as (

    {% for metric in metrics -%}
        select
            {{ (slice + pair) | join(', ') }},
            '{{ metric }}' as metric,
            {{ metric }} as value,
            previous_{{ metric }} as previous_value,
            {{ metric }} - previous_{{ metric }} as difference,
            ({{ metric }} - previous_{{ metric }}) / nullif(previous_{{ metric }}, 0) as percent_change
        from rated
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
