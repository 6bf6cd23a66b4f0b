-- One row per node that the catalog knows or that any view visited or clicked in: a video's nodes over all time (rule 56).
{{ config(materialized='table') }}
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

{{ node_totals(['workspace_id', 'video_id', 'node_id']) }},

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
