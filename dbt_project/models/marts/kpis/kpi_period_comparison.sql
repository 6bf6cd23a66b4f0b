-- One row per slice, period, comparison and metric: the value of the newest periods beside that of the period before and of a year ago.
{{ config(materialized='table') }}
{% set limits = var('comparison_periods') %}
-- what a period is compared with: how far back it lies, and for calendar periods how long it is
{% set shifts = [
    {'kind': 'day', 'comparison': 'previous_period', 'back': "interval '1' day"},
    {'kind': 'day', 'comparison': 'previous_year', 'back': "interval '364' day"},
    {'kind': '7_days', 'comparison': 'previous_period', 'back': "interval '7' day"},
    {'kind': '7_days', 'comparison': 'previous_year', 'back': "interval '364' day"},
    {'kind': 'month', 'comparison': 'previous_period', 'back': "interval '1' month", 'length': "interval '1' month"},
    {'kind': 'month', 'comparison': 'previous_year', 'back': "interval '12' month", 'length': "interval '1' month"},
    {'kind': 'quarter', 'comparison': 'previous_period', 'back': "interval '3' month", 'length': "interval '3' month"},
    {'kind': 'quarter', 'comparison': 'previous_year', 'back': "interval '12' month", 'length': "interval '3' month"},
] %}
{% set kinds = ['day', '7_days', 'month', 'quarter'] %}
{% set metrics = ['impressions', 'plays', 'play_rate', 'unique_viewers', 'minutes_viewed', 'average_view_seconds'] %}
{% set measures = ['impressions', 'plays', 'unique_viewers', 'watch_seconds'] %}
{% set slice = ['workspace_id', 'slice_kind', 'slice_value'] %}
{% set pair = [
    'period_kind', 'comparison', 'period_start_date', 'period_end_date', 'previous_start_date', 'previous_end_date', 'is_complete'
] %}
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
        cast(floor(
            {{ seconds_between('cast(date_day as timestamp)', 'cast(last_date as timestamp)') }} / 86400 + 0.5
        ) as bigint) as days_back
    from dates

),

-- Kinds, comparisons and metrics are numbered, not united: Spark computes a CTE anew wherever it is mentioned, so that unions made a plan
-- of thousands of scans, and Spark 4.3 fails to send some plans with a union to its executors.
kind_dates as (

    {{ unnest_seconds('counted_dates', ['workspace_id', 'first_date', 'last_date', 'date_day', 'days_back'], '1', kinds | length) }}

),

named_kind_dates as (

    select
        *,
        case second
            {% for kind in kinds -%}
                when {{ loop.index }} then '{{ kind }}'
            {% endfor %}
        end as period_kind
    from kind_dates

),

dated_periods as (

    select
        workspace_id,
        first_date,
        last_date,
        date_day,
        period_kind,
        cast(case period_kind
            when 'day' then cast(date_day as timestamp)
            when '7_days' then cast(date_day - interval '6' day as timestamp)
            else date_trunc('month', cast(date_day as timestamp))
        end as date) as first_day,
        cast(date_trunc('quarter', date_day) as date) as quarter_start_date
    from named_kind_dates
    where
        (period_kind = 'day' and days_back < {{ limits['day'] }})
        or (period_kind = '7_days' and days_back < 7 * {{ limits['7_days'] }} and days_back % 7 = 0)
        {% for kind, months in [('month', 1), ('quarter', 3)] -%}
            or (
                period_kind = '{{ kind }}'
                and date_trunc('{{ kind }}', date_day)
                > date_trunc('{{ kind }}', last_date) - interval '{{ months * limits[kind] }}' month
            )
        {% endfor %}

),

periods as (

    select
        workspace_id,
        first_date,
        last_date,
        period_kind,
        case when period_kind = 'quarter' then quarter_start_date else first_day end as period_start_date,
        cast(case period_kind
            when 'month' then first_day + interval '1' month - interval '1' day
            when 'quarter' then quarter_start_date + interval '3' month - interval '1' day
            else cast(date_day as timestamp)
        end as date) as full_end_date
    from dated_periods

),

ended_periods as (

    select
        *,
        least(full_end_date, last_date) as period_end_date,
        full_end_date <= last_date and period_start_date >= first_date as is_complete
    from periods
    group by workspace_id, first_date, last_date, period_kind, period_start_date, full_end_date

),

comparison_periods as (

    {{ unnest_seconds(
        'ended_periods',
        ['workspace_id', 'first_date', 'last_date', 'period_kind', 'period_start_date', 'full_end_date', 'period_end_date', 'is_complete'],
        '1', '2'
    ) }}

),

compared_periods as (

    select
        *,
        case second when 1 then 'previous_period' else 'previous_year' end as comparison
    from comparison_periods

),

-- A period that still runs is compared with the same days of the other one.
pairs as (

    select
        workspace_id,
        first_date,
        period_kind,
        comparison,
        period_start_date,
        period_end_date,
        cast(case
            {% for one in shifts -%}
                when period_kind = '{{ one.kind }}' and comparison = '{{ one.comparison }}'
                    then period_start_date - {{ one.back }}
            {% endfor %}
        end as date) as previous_start_date,
        cast(case
            {% for one in shifts -%}
                when period_kind = '{{ one.kind }}' and comparison = '{{ one.comparison }}'
                    {% if one.length -%}
                        and full_end_date <= last_date
                        then period_start_date - {{ one.back }} + {{ one.length }} - interval '1' day
                when period_kind = '{{ one.kind }}' and comparison = '{{ one.comparison }}'
                    {% endif -%}
                    then period_end_date - {{ one.back }}
            {% endfor %}
        end as date) as previous_end_date,
        is_complete
    from compared_periods

),

pair_sides as (

    {{ unnest_seconds(
        'pairs',
        ['workspace_id', 'first_date', 'period_start_date', 'period_end_date', 'previous_start_date', 'previous_end_date'],
        '1', '2'
    ) }}

),

spans as (

    select
        workspace_id,
        case when second = 1 then period_start_date else previous_start_date end as span_start,
        case when second = 1 then period_end_date else previous_end_date end as span_end
    from pair_sides
    where second = 1 or previous_start_date >= first_date
    group by
        workspace_id,
        case when second = 1 then period_start_date else previous_start_date end,
        case when second = 1 then period_end_date else previous_end_date end

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
    group by
        {% for column in slice -%}
            slice_days.{{ column }},
        {% endfor -%}
        spans.span_start, spans.span_end

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
    group by
        {% for column in slice -%}
            returns.{{ column }},
        {% endfor -%}
        spans.span_start, spans.span_end

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

{% for name, side in [('present', 'period'), ('past', 'previous')] -%}
    {{ name }} as (

        select
            pairs.*,
            measured.slice_kind,
            measured.slice_value,
            {% for measure in measures -%}
                measured.{{ measure }}{{ ', ' if not loop.last }}
            {%- endfor %}
        from pairs
        inner join measured
            on
                pairs.workspace_id = measured.workspace_id
                and pairs.{{ side }}_start_date = measured.span_start
                and pairs.{{ side }}_end_date = measured.span_end
                {% if side == 'previous' -%}
                    and pairs.previous_start_date >= pairs.first_date
                {%- endif %}

    ),

{% endfor -%}

-- A slice without views in a period has none; of what lies before the workspace's first date nothing is known.
sides as (

    select
        {% for column in slice + pair + ['first_date'] -%}
            coalesce(present.{{ column }}, past.{{ column }}) as {{ column }},
        {% endfor -%}
        {% for measure in measures -%}
            coalesce(present.{{ measure }}, 0) as {{ measure }},
            case
                when coalesce(present.previous_start_date, past.previous_start_date) >= coalesce(present.first_date, past.first_date)
                    then coalesce(past.{{ measure }}, 0)
            end as previous_{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from present
    full outer join past
        on
            {% for column in slice + ['period_kind', 'comparison', 'period_start_date'] -%}
                {{ 'and ' if not loop.first }}present.{{ column }} = past.{{ column }}
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

numbered as (

    {% set previous_metrics = [] -%}
    {% for metric in metrics %}{% do previous_metrics.append('previous_' ~ metric) %}{% endfor -%}
    {{ unnest_seconds('rated', slice + pair + metrics + previous_metrics, '1', metrics | length) }}

),

valued as (

    select
        {% for column in slice + pair -%}
            {{ column }},
        {% endfor -%}
        {% for prefix, name in [('', 'value'), ('previous_', 'previous_value')] -%}
            case second
                {% for metric in metrics -%}
                    when {{ loop.index }} then {{ prefix }}{{ metric }}
                {% endfor %}
            end as {{ name }},
        {% endfor -%}
        case second
            {% for metric in metrics -%}
                when {{ loop.index }} then '{{ metric }}'
            {% endfor %}
        end as metric
    from numbered

),

final as (

    select
        {{ (slice + pair) | join(', ') }},
        metric,
        value,
        previous_value,
        value - previous_value as difference,
        (value - previous_value) / nullif(previous_value, 0) as percent_change
    from valued

)

select * from final
