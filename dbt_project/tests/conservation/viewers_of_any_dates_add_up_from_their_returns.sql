-- Distinct viewers of a range of dates are the sum of viewer_return over it, whoever was active before it left out: for the whole history,
-- both halves, the middle, the last seven days and the first, in every slice.
{% set columns = {
    'workspace': 'workspace_id', 'video': 'video_id', 'campaign': 'utm_campaign', 'device_type': 'device_type', 'country': 'country'
} %}
with

dates as (

    select
        date_day,
        row_number() over (order by date_day) as number_of_day,
        count(*) over () as day_count
    from {{ ref('dim_date') }}

),

ranges as (

    {% for first, last in [
        ('1', 'day_count'),
        ('1', 'greatest(floor(day_count / 2), 1)'),
        ('floor(day_count / 2) + 1', 'day_count'),
        ('floor(day_count / 3) + 1', 'greatest(floor(2 * day_count / 3), 1)'),
        ('greatest(day_count - 6, 1)', 'day_count'),
        ('1', '1'),
    ] -%}
        select
            min(date_day) as first_date,
            max(date_day) as last_date
        from dates
        where number_of_day between {{ first }} and {{ last }}
        {{ 'union' if not loop.last }}
    {% endfor %}

),

added as (

    select
        ranges.first_date,
        ranges.last_date,
        returns.workspace_id,
        returns.slice_kind,
        returns.slice_value,
        sum(returns.viewer_count) as viewer_count
    from {{ ref('viewer_return') }} as returns
    inner join ranges
        on
            returns.active_date between ranges.first_date and ranges.last_date
            and (returns.previous_active_date is null or returns.previous_active_date < ranges.first_date)
    group by ranges.first_date, ranges.last_date, returns.workspace_id, returns.slice_kind, returns.slice_value

),

views as (

    select * from {{ ref('fct_view') }}
    where is_played

),

counted as (

    {% for kind, column in columns.items() -%}
        select
            ranges.first_date,
            ranges.last_date,
            views.workspace_id,
            '{{ kind }}' as slice_kind,
            views.{{ column }} as slice_value,
            count(distinct views.viewer_id) as viewer_count
        from views
        inner join ranges on views.started_date between ranges.first_date and ranges.last_date
        where views.{{ column }} is not null
        group by ranges.first_date, ranges.last_date, views.workspace_id{{ ', views.' ~ column if column != 'workspace_id' }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    coalesce(added.first_date, counted.first_date) as first_date,
    coalesce(added.last_date, counted.last_date) as last_date,
    coalesce(added.slice_kind, counted.slice_kind) as slice_kind,
    coalesce(added.slice_value, counted.slice_value) as slice_value,
    added.viewer_count as added_viewers,
    counted.viewer_count as counted_viewers
from added
full outer join counted
    on
        added.first_date = counted.first_date
        and added.last_date = counted.last_date
        and added.workspace_id = counted.workspace_id
        and added.slice_kind = counted.slice_kind
        and added.slice_value = counted.slice_value
where added.viewer_count is distinct from counted.viewer_count
