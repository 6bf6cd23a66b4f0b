-- Every second from 0 to the furthest is there; at second 0 all who started watch, and nobody comes back.
with

neighbours as (

    select
        *,
        lag(second) over (partition by workspace_id, video_id, node_id order by second) as previous_second,
        lag(watching) over (partition by workspace_id, video_id, node_id order by second) as previous_watching
    from {{ ref('retention_curve') }}

)

select *
from neighbours
where
    (previous_second is null and (second <> 0 or watching <> started or retention <> 1))
    or second <> previous_second + 1
    or watching > previous_watching
