-- One row per second of a node that anybody covered: how many views and viewers did, and how often it was played again (rule 26).
{{ config(materialized='table') }}

with

attention_days as (

    select * from {{ ref('int_attention_days') }}

),

viewer_stretches as (

    select * from {{ ref('int_viewer_stretches') }}

),

edges as (

    select workspace_id, video_id, node_id, edge_second, play_step, view_step, 0 as viewer_step from attention_days
    union all
    select workspace_id, video_id, node_id, first_second as edge_second, 0 as play_step, 0 as view_step, 1 as viewer_step
    from viewer_stretches
    union all
    select workspace_id, video_id, node_id, last_second + 1 as edge_second, 0 as play_step, 0 as view_step, -1 as viewer_step
    from viewer_stretches

),

edge_totals as (

    select
        workspace_id,
        video_id,
        node_id,
        edge_second,
        sum(play_step) as plays,
        sum(view_step) as views,
        sum(viewer_step) as viewers
    from edges
    group by workspace_id, video_id, node_id, edge_second

),

levels as (

    select
        workspace_id,
        video_id,
        node_id,
        edge_second,
        lead(edge_second) over (partition by workspace_id, video_id, node_id order by edge_second) - 1 as until_second,
        {% for measure in ['plays', 'views', 'viewers'] -%}
            cast(sum({{ measure }}) over (
                partition by workspace_id, video_id, node_id
                order by edge_second
                rows between unbounded preceding and current row
            ) as bigint) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from edge_totals

),

covered as (

    select * from levels
    where views > 0

),

seconds as (

    {{ unnest_seconds('covered', ['workspace_id', 'video_id', 'node_id', 'plays', 'views', 'viewers'], 'edge_second', 'until_second') }}

),

final as (

    select
        workspace_id,
        video_id,
        node_id,
        second,
        views,
        viewers,
        plays as play_count,
        plays - views as replays
    from seconds

)

select * from final
