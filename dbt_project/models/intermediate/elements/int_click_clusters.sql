-- One row per cell (20 x 20 x 2 s) with more true false clicks than chance puts there, and the cluster of touching cells it is in
-- (rule 37).
{{ config(materialized='table') }}
{% set node = ['workspace_id', 'video_id', 'node_id'] %}
{% set measures = ['click_count', 'viewer_count', 'clicks_per_cell', 'node_cell_count', 'p_value'] %}
{% set cells = click_cells_per_side() * click_cells_per_side() %}
with

clicks as (

    select * from {{ ref('int_clicks') }}
    where outcome = 'false_click'

),

views as (

    select * from {{ ref('int_views') }}
    where is_played

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

attention_days as (

    select * from {{ ref('int_attention_days') }}

),

owned as (

    select
        clicks.*,
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from clicks
    inner join views on clicks.view_key = views.view_key and clicks.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id

),

clicked_cells as (

    select
        {{ node | join(', ') }},
        bucket,
        cell_x,
        cell_y,
        count(*) as click_count,
        count(distinct viewer_id) as viewer_count
    from owned
    group by {{ node | join(', ') }}, bucket, cell_x, cell_y

),

clicked_nodes as (

    select
        {{ node | join(', ') }},
        sum(click_count) as node_click_count
    from clicked_cells
    group by {{ node | join(', ') }}

),

---------- how many buckets of the node were played or clicked
view_steps as (

    select
        {{ node | join(', ') }},
        edge_second,
        sum(view_step) as view_step
    from attention_days
    group by {{ node | join(', ') }}, edge_second

),

view_levels as (

    select
        {{ node | join(', ') }},
        edge_second,
        lead(edge_second) over (partition by {{ node | join(', ') }} order by edge_second) - 1 as until_second,
        sum(view_step) over (
            partition by {{ node | join(', ') }}
            order by edge_second
            rows between unbounded preceding and current row
        ) as view_count
    from view_steps

),

covered_stretches as (

    select
        view_levels.workspace_id,
        view_levels.video_id,
        view_levels.node_id,
        {{ click_bucket('view_levels.edge_second') }} as first_bucket,
        {{ click_bucket('view_levels.until_second') }} as last_bucket
    from view_levels
    inner join clicked_nodes
        on
            view_levels.workspace_id = clicked_nodes.workspace_id
            and view_levels.video_id = clicked_nodes.video_id
            and view_levels.node_id = clicked_nodes.node_id
    where view_levels.view_count > 0

),

covered_buckets as (

    {{ unnest_seconds('covered_stretches', node, 'first_bucket', 'last_bucket') }}

),

buckets as (

    select {{ node | join(', ') }}, second as bucket from covered_buckets
    union
    select {{ node | join(', ') }}, bucket from clicked_cells

),

bucket_counts as (

    select
        {{ node | join(', ') }},
        count(*) as bucket_count
    from buckets
    group by {{ node | join(', ') }}

),

---------- what chance would put into a cell
rates as (

    select
        clicked_nodes.workspace_id,
        clicked_nodes.video_id,
        clicked_nodes.node_id,
        bucket_counts.bucket_count * {{ cells }} as node_cell_count,
        cast(clicked_nodes.node_click_count as double) / (bucket_counts.bucket_count * {{ cells }}) as clicks_per_cell
    from clicked_nodes
    inner join bucket_counts
        on
            clicked_nodes.workspace_id = bucket_counts.workspace_id
            and clicked_nodes.video_id = bucket_counts.video_id
            and clicked_nodes.node_id = bucket_counts.node_id

),

crowded_cells as (

    select
        clicked_cells.*,
        rates.node_cell_count,
        rates.clicks_per_cell
    from clicked_cells
    inner join rates
        on
            clicked_cells.workspace_id = rates.workspace_id
            and clicked_cells.video_id = rates.video_id
            and clicked_cells.node_id = rates.node_id
    where clicked_cells.viewer_count >= {{ var('hotspot_viewers') }}

),

-- a node's cells with as many clicks share one chance
counts as (

    select {{ node | join(', ') }}, click_count, clicks_per_cell from crowded_cells
    group by {{ node | join(', ') }}, click_count, clicks_per_cell

),

tails as (

    {{ poisson_upper_tails('counts', node + ['click_count'], 'click_count', 'clicks_per_cell') }}

),

hot_cells as (

    select
        crowded_cells.*,
        floor(tails.upper_tail * 1e12 + 0.5) / 1e12 as p_value
    from crowded_cells
    inner join tails
        on
            crowded_cells.workspace_id = tails.workspace_id
            and crowded_cells.video_id = tails.video_id
            and crowded_cells.node_id = tails.node_id
            and crowded_cells.click_count = tails.click_count
    where floor(tails.upper_tail * 1e12 + 0.5) / 1e12 < {{ var('hotspot_cell_chance') }}

),

---------- which of them touch: {{ cluster_rounds() }} rounds of passing on the least label (see the macro)
{{ touching_cells('hot_cells', node, 'bucket', 'cell_x', 'cell_y', measures) }},

final as (

    select
        {{ node | join(', ') }},
        label as cluster_id,
        bucket,
        cell_x,
        cell_y,
        {{ measures | join(', ') }}
    from labelled_cells

)

select * from final
