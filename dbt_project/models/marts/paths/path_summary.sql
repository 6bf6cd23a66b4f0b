-- One row per distinct path through a video: how many took it, and how it ended for them (rule 55).
{{ config(materialized='table') }}
{% set key = ['workspace_id', 'video_id', 'path_key'] %}
with

paths as (

    select * from {{ ref('viewer_path') }}

),

viewers_of_paths as (

    select {{ key | join(', ') }}, viewer_id from paths
    group by {{ key | join(', ') }}, viewer_id

),

viewers as (

    select
        {{ key | join(', ') }},
        count(*) as viewer_count
    from viewers_of_paths
    group by {{ key | join(', ') }}

),

totals as (

    select
        {{ key | join(', ') }},
        min(path) as path,
        min(visit_count) as visit_count,
        min(node_count) as node_count,
        min(loop_count) as loop_count,
        min(last_node_id) as last_node_id,
        count(*) as view_count,
        count(*) filter (where is_completed) as completed_view_count,
        sum(watch_seconds) as watch_seconds,
        sum(dwell_seconds) as dwell_seconds
    from paths
    group by {{ key | join(', ') }}

),

final as (

    select
        ---------- grain
        totals.workspace_id,
        totals.video_id,
        totals.path_key,

        ---------- path
        totals.path,
        totals.visit_count,
        totals.node_count,
        totals.loop_count,
        totals.last_node_id,

        ---------- how many
        cast(row_number() over (
            partition by totals.workspace_id, totals.video_id
            order by totals.view_count desc, totals.path_key asc
        ) as bigint) as path_rank,
        totals.view_count,
        viewers.viewer_count,
        cast(totals.view_count as double)
        / cast(sum(totals.view_count) over (partition by totals.workspace_id, totals.video_id) as bigint) as share_of_views,

        ---------- how it ended
        totals.completed_view_count,
        cast(totals.completed_view_count as double) / totals.view_count as completion_rate,

        ---------- watching
        {{ rounded_seconds('totals.watch_seconds') }} as watch_seconds,
        {{ rounded_seconds('totals.watch_seconds') }} / totals.view_count as average_watch_seconds,
        {{ rounded_seconds('totals.dwell_seconds') }} / totals.view_count as average_dwell_seconds

    from totals
    inner join viewers
        on
            totals.workspace_id = viewers.workspace_id
            and totals.video_id = viewers.video_id
            and totals.path_key = viewers.path_key

)

select * from final
