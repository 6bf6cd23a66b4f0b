-- One row per second of a node up to the furthest anybody covered: how many of the views that started it
-- were still watching then or later (rule 26).
{{ config(materialized='table') }}

with

leavers as (

    select
        workspace_id,
        video_id,
        node_id,
        edge_second as last_second,
        sum(leaver_count) as views
    from {{ ref('int_attention_days') }}
    group by workspace_id, video_id, node_id, edge_second
    having sum(leaver_count) > 0

),

levels as (

    select
        workspace_id,
        video_id,
        node_id,
        coalesce(
            lag(last_second) over (partition by workspace_id, video_id, node_id order by last_second) + 1, 0
        ) as first_second,
        last_second,
        cast(sum(views) over (
            partition by workspace_id, video_id, node_id
            order by last_second desc
            rows between unbounded preceding and current row
        ) as bigint) as watching,
        cast(sum(views) over (partition by workspace_id, video_id, node_id) as bigint) as started
    from leavers

),

seconds as (

    {{ unnest_seconds('levels', ['workspace_id', 'video_id', 'node_id', 'watching', 'started'], 'first_second', 'last_second') }}

),

final as (

    select
        workspace_id,
        video_id,
        node_id,
        second,
        watching,
        started,
        cast(watching as double) / started as retention
    from seconds

)

select * from final
