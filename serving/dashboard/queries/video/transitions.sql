-- One row per edge of the branch graph, taken or offered (rule 54); no from: entries, no to: exits.
-- An edge is withheld when fewer viewers than the threshold took it; and where it is the only one such at the node it leaves or at
-- the one it leads to, the next smallest there is too, or the node's visits would tell it by subtraction.
with

judged as (

    select
        transitions.*,
        transitions.viewer_count between 1 and setting.minimum_viewers - 1 as is_small
    from paths.path_transition as transitions
    cross join setting

),

neighboured as (

    select
        *,
        count(*) filter (where is_small) over (partition by workspace_id, video_id, from_node_id) as small_leaving,
        count(*) filter (where is_small) over (partition by workspace_id, video_id, to_node_id) as small_arriving,
        row_number() over (
            partition by workspace_id, video_id, from_node_id, is_small or viewer_count = 0 order by viewer_count, to_node_id
        ) as place_leaving,
        row_number() over (
            partition by workspace_id, video_id, to_node_id, is_small or viewer_count = 0 order by viewer_count, from_node_id
        ) as place_arriving
    from judged

),

decided as (

    select
        *,
        is_small
        or (viewer_count > 0 and small_leaving = 1 and place_leaving = 1)
        or (viewer_count > 0 and small_arriving = 1 and place_arriving = 1) as is_withheld
    from neighboured

)

select
    workspace_id,
    video_id,
    from_node_id,
    to_node_id,
    coalesce(is_default, false) as is_default,
    is_withheld,
    case when not is_withheld then transition_count end as transition_count,
    case when not is_withheld then viewer_count end as viewer_count,
    case when not is_withheld then share_of_departures end as share_of_departures,
    case when not is_withheld then chosen_count end as chosen_count,
    case when not is_withheld then default_count end as default_count,
    case when not is_withheld then jump_count end as jump_count,
    case when not is_withheld then unknown_count end as unknown_count
from decided
order by workspace_id, video_id, from_node_id nulls first, to_node_id nulls last;
