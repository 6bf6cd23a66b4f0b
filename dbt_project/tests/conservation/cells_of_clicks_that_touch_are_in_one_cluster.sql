-- The rounds of int_click_clusters were enough: no two neighbouring cells are in two clusters.
select
    one.cluster_id,
    other.cluster_id as other_cluster_id
from {{ ref('int_click_clusters') }} as one
inner join {{ ref('int_click_clusters') }} as other
    on
        one.workspace_id = other.workspace_id
        and one.video_id = other.video_id
        and one.node_id = other.node_id
        and other.bucket between one.bucket - {{ cluster_bucket_reach() }} and one.bucket + {{ cluster_bucket_reach() }}
        and other.cell_x between one.cell_x - 1 and one.cell_x + 1
        and other.cell_y between one.cell_y - 1 and one.cell_y + 1
where one.cluster_id <> other.cluster_id
