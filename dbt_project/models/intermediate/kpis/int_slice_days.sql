-- One row per slice and day (UTC, of the view's start) with any view: what may be added up over days.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'date_day', 'stale_dates': 'stale_report_dates'},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
with

views as (

    select * from {{ ref('int_views') }}
    {{ where_stale_report_date('started_date') }}

),

final as (

    {% for kind, column in slices().items() -%}
        select
            workspace_id,
            '{{ kind }}' as slice_kind,
            {{ column }} as slice_value,
            started_date as date_day,
            cast(sum(impression_count) as bigint) as impressions,
            count(*) filter (where is_played) as plays,
            {{ rounded_seconds('sum(watch_seconds)') }} as watch_seconds
        from views
        where {{ column }} is not null
        group by workspace_id, {{ column ~ ', ' if column != 'workspace_id' }}started_date
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
