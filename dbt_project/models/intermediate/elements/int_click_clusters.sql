-- One row per cell (20 x 20 x 2 s) with more true false clicks than chance puts there, and the cluster of touching cells it is in,
-- which has a hot cell (rule 37).
{{ config(materialized='table') }}
{% set node = ['workspace_id', 'video_id', 'node_id'] %}
{% set measures = ['click_count', 'viewer_count', 'is_hot', 'clicks_per_cell', 'node_cell_count', 'p_value'] %}
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

cell_counts as (

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

clicked_cells as (

    select
        *,
        sum(click_count) over (partition by {{ node | join(', ') }}) as node_click_count
    from cell_counts

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
        {{ node | join(', ') }},
        {{ click_bucket('edge_second') }} as first_bucket,
        {{ click_bucket('until_second') }} as last_bucket
    from view_levels
    where view_count > 0

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
crowded_cells as (

    select
        clicked_cells.*,
        bucket_counts.bucket_count * {{ cells }} as node_cell_count,
        cast(clicked_cells.node_click_count as double) / (bucket_counts.bucket_count * {{ cells }}) as clicks_per_cell
    from clicked_cells
    inner join bucket_counts
        on
            clicked_cells.workspace_id = bucket_counts.workspace_id
            and clicked_cells.video_id = bucket_counts.video_id
            and clicked_cells.node_id = bucket_counts.node_id
    where clicked_cells.viewer_count >= {{ var('hotspot_joining_viewers') }}

),

tails as (

    {{ poisson_upper_tails(
        'crowded_cells',
        node + ['bucket', 'cell_x', 'cell_y', 'click_count', 'viewer_count', 'clicks_per_cell', 'node_cell_count'],
        'click_count',
        'clicks_per_cell'
    ) }}

),

judged_cells as (

    select
        *,
        floor(upper_tail * 1e12 + 0.5) / 1e12 as p_value
    from tails

),

warm_cells as (

    select
        *,
        viewer_count >= {{ var('hotspot_viewers') }} as is_hot
    from judged_cells
    where p_value < {{ var('hotspot_cell_chance') }}

),

---------- which of them touch
{{ touching_cells('warm_cells', node, 'bucket', 'cell_x', 'cell_y', measures) }},

-- two viewers side by side are no crowd, wherever they click: a cluster grows from a hot cell
grown_cells as (

    select
        *,
        max(viewer_count) over (partition by {{ node | join(', ') }}, label) as most_viewers
    from labelled_cells

),

final as (

    select
        {{ node | join(', ') }},
        label as cluster_id,
        bucket,
        cell_x,
        cell_y,
        {{ measures | join(', ') }}
    from grown_cells
    where most_viewers >= {{ var('hotspot_viewers') }}

)

select * from final
