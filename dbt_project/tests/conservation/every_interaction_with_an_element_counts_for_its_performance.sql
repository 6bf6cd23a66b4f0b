-- The clicks and answers of an element, over its versions and days, are the interactions and the clicks on the picture that name it;
-- over its nodes too, because one that names no node counts where the element lies.
with

named as (

    select workspace_id, video_id, element_id from {{ ref('fct_interaction') }}
    where view_id is not null and element_id is not null
    union all
    select workspace_id, video_id, element_id from {{ ref('int_actions') }}
    where event_type = 'surface_click' and view_key is not null and element_id is not null

),

interactions as (

    select
        workspace_id,
        video_id,
        element_id,
        count(*) as interaction_count
    from named
    group by workspace_id, video_id, element_id

),

performance as (

    select
        workspace_id,
        video_id,
        element_id,
        sum(clicks + answers) as interaction_count
    from {{ ref('element_performance') }}
    group by workspace_id, video_id, element_id

)

select
    coalesce(interactions.workspace_id, performance.workspace_id) as workspace_id,
    coalesce(interactions.video_id, performance.video_id) as video_id,
    coalesce(interactions.element_id, performance.element_id) as element_id
from interactions
full outer join performance
    on
        interactions.workspace_id = performance.workspace_id
        and interactions.video_id = performance.video_id
        and interactions.element_id = performance.element_id
where coalesce(interactions.interaction_count, 0) <> coalesce(performance.interaction_count, 0)
