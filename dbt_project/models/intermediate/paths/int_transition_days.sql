-- One row per step from node to node, by the day, campaign, device type and country of the views that took it; no `from` is an entry,
-- no `to` an exit. What transitions add up from over any days and any filter.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'started_date', 'stale_dates': 'stale_report_dates'},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
{% set slice = ['workspace_id', 'video_id', 'started_date', 'utm_campaign', 'device_type', 'country'] %}
{% set counts = ['transition_count', 'chosen_count', 'default_count', 'jump_count', 'unexplained_count', 'ended_count', 'dead_end_count'] %}
with

visits as (

    select * from {{ ref('int_node_visits') }}
    {{ where_stale_report_date('started_date') }}

),

views as (

    select * from {{ ref('int_views') }}
    {{ where_stale_report_date('started_date') }}

),

steps as (

    select
        view_key,
        view_started_at,
        previous_node_id as from_node_id,
        node_id as to_node_id,
        entered_by,
        visit_number > 1 and entered_by is null as is_unexplained,
        false as has_ended,
        false as is_dead_end
    from visits
    union all
    select
        view_key,
        view_started_at,
        node_id as from_node_id,
        cast(null as {{ string_type() }}) as to_node_id,
        cast(null as {{ string_type() }}) as entered_by,
        false as is_unexplained,
        left_by = 'ended' as has_ended,
        is_dead_end
    from visits
    where is_last

),

by_view as (

    select
        view_key,
        view_started_at,
        from_node_id,
        to_node_id,
        count(*) as transition_count,
        count(*) filter (where entered_by = 'chosen') as chosen_count,
        count(*) filter (where entered_by = 'default') as default_count,
        count(*) filter (where entered_by = 'jump') as jump_count,
        count(*) filter (where is_unexplained) as unexplained_count,
        count(*) filter (where has_ended) as ended_count,
        count(*) filter (where is_dead_end) as dead_end_count
    from steps
    group by view_key, view_started_at, from_node_id, to_node_id

),

final as (

    select
        {% for column in slice -%}
            views.{{ column }},
        {% endfor -%}
        by_view.from_node_id,
        by_view.to_node_id,
        count(*) as view_count,
        {% for count in counts -%}
            cast(sum(by_view.{{ count }}) as bigint) as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from by_view
    inner join views on by_view.view_key = views.view_key and by_view.view_started_at = views.view_started_at
    group by
        {% for column in slice -%}
            views.{{ column }},
        {% endfor -%}
        by_view.from_node_id, by_view.to_node_id

)

select * from final
