-- One row per node that the catalog knows or that any view visited or clicked in: a video's nodes over all time (rule 56).
{{ config(materialized='table') }}
{% set key = ['workspace_id', 'video_id', 'node_id'] %}
with

nodes as (

    select * from {{ ref('dim_node') }}

),

days as (

    select * from {{ ref('int_node_days') }}

),

visits as (

    select * from {{ ref('int_node_visits') }}

),

views as (

    select * from {{ ref('int_views') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

viewers_of_nodes as (

    select
        visits.workspace_id,
        visits.video_id,
        visits.node_id,
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from visits
    inner join views on visits.view_key = views.view_key and visits.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id
    group by visits.workspace_id, visits.video_id, visits.node_id, {{ viewer_id('views', 'device_users') }}

),

viewers as (

    select
        {{ key | join(', ') }},
        count(*) as unique_viewers
    from viewers_of_nodes
    group by {{ key | join(', ') }}

),

totals as (

    select
        {% for column in key -%}
            days.{{ column }},
        {% endfor -%}
        viewers.unique_viewers,
        {% for measure in node_day_counts() -%}
            cast(sum(days.{{ measure }}) as bigint) as {{ measure }},
        {% endfor -%}
        {% for measure in node_day_seconds() -%}
            sum(days.{{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from days
    left join viewers
        on days.workspace_id = viewers.workspace_id and days.video_id = viewers.video_id and days.node_id = viewers.node_id
    group by days.workspace_id, days.video_id, days.node_id, viewers.unique_viewers

),

final as (

    select
        ---------- grain
        nodes.workspace_id,
        nodes.video_id,
        nodes.node_id,

        ---------- what it is
        nodes.title,
        nodes.duration_seconds,
        nodes.level,
        nodes.is_start,
        nodes.is_ending,
        nodes.is_in_catalog,
        coalesce(totals.visits, 0) = 0 as is_unvisited,

        {{ node_kpis('totals') }}

    from nodes
    left join totals
        on nodes.workspace_id = totals.workspace_id and nodes.video_id = totals.video_id and nodes.node_id = totals.node_id
    -- what only an impression or the like has named is no place anybody was shown
    where nodes.is_in_catalog or totals.node_id is not null

)

select * from final
