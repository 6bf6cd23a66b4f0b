-- One row per cell of the picture and two seconds of a node in which anybody clicked, over all dates (rule 35). A cell of fewer viewers
-- than the threshold says only that it is kept back.
with

judged as (

    select
        cells.*,
        cells.viewers < setting.minimum_viewers as is_withheld
    from interactivity.click_heatmap as cells
    cross join setting

)

select
    workspace_id,
    video_id,
    node_id,
    case when not is_withheld then from_second end as from_second,
    case when not is_withheld then cell_x end as cell_x,
    case when not is_withheld then cell_y end as cell_y,
    case when not is_withheld then clicks end as clicks,
    case when not is_withheld then hits end as hits,
    case when not is_withheld then near_misses end as near_misses,
    case when not is_withheld then false_clicks end as false_clicks,
    case when not is_withheld then unknown_clicks end as unknown_clicks,
    count(*) filter (where is_withheld) over (partition by workspace_id, video_id, node_id) as withheld_cells
from judged
-- One row is left where all are withheld, so that the page can say so.
qualify not is_withheld or row_number() over (partition by workspace_id, video_id, node_id, is_withheld order by from_second, cell_y, cell_x) = 1
order by workspace_id, video_id, node_id, from_second nulls last, cell_y, cell_x;
