-- One row per place and time of a node at which viewers click as if something were there: a proposal for a hotspot (rule 37).
{{ config(materialized='table') }}
{% set cell = ['workspace_id', 'video_id', 'node_id', 'from_second', 'cell_x', 'cell_y'] %}
with

clusters as (

    select
        *,
        bucket * {{ click_bucket_seconds() }} as from_second
    from {{ ref('int_click_clusters') }}

),

clicks as (

    select * from {{ ref('false_click') }}
    where is_played and not is_near_miss

),

shapes as (

    select
        workspace_id,
        video_id,
        node_id,
        cluster_id,
        count(*) as cell_count,
        sum(clicks_per_cell) as expected_clicks,
        min(p_value) filter (where is_hot) as p_value,
        min(p_value * node_cell_count) filter (where is_hot) as node_chance,
        min(cell_x) as first_cell_x,
        max(cell_x) as last_cell_x,
        min(cell_y) as first_cell_y,
        max(cell_y) as last_cell_y,
        min(from_second) as from_second,
        max(from_second) + {{ click_bucket_seconds() }} as to_second
    from clusters
    group by workspace_id, video_id, node_id, cluster_id

),

clicked as (

    select
        clusters.cluster_id,
        count(*) as clicks,
        count(distinct clicks.view_id) as views,
        count(distinct clicks.viewer_id) as viewers,
        {{ median_seconds('clicks.position_seconds') }} as second,
        {{ frame_millionths('median(clicks.x)') }} / 1e6 as x,
        {{ frame_millionths('median(clicks.y)') }} / 1e6 as y
    from clicks
    inner join clusters
        on
            {% for column in cell -%}
                {{ 'and ' if not loop.first }}clicks.{{ column }} = clusters.{{ column }}
            {% endfor %}
    group by clusters.cluster_id

),

final as (

    select
        ---------- ids
        shapes.cluster_id as hotspot_id,
        shapes.workspace_id,
        shapes.video_id,
        shapes.node_id,
        cast(row_number() over (
            partition by shapes.workspace_id, shapes.video_id
            order by clicked.viewers desc, clicked.clicks desc, shapes.cluster_id asc
        ) as bigint) as viewer_rank,

        ---------- the proposal
        clicked.x,
        clicked.y,
        clicked.second as at_seconds,
        cast(shapes.first_cell_x as double) / {{ click_cells_per_side() }} as box_x,
        cast(shapes.first_cell_y as double) / {{ click_cells_per_side() }} as box_y,
        cast(shapes.last_cell_x - shapes.first_cell_x + 1 as double) / {{ click_cells_per_side() }} as box_width,
        cast(shapes.last_cell_y - shapes.first_cell_y + 1 as double) / {{ click_cells_per_side() }} as box_height,
        cast(shapes.from_second as double) as from_seconds,
        cast(shapes.to_second as double) as to_seconds,

        ---------- what speaks for it
        clicked.viewers,
        clicked.views,
        clicked.clicks,
        floor(shapes.expected_clicks * 1e6 + 0.5) / 1e6 as expected_clicks,
        shapes.cell_count,
        shapes.p_value

    from shapes
    inner join clicked on shapes.cluster_id = clicked.cluster_id
    where shapes.node_chance < {{ var('hotspot_node_chance') }}

)

select * from final
