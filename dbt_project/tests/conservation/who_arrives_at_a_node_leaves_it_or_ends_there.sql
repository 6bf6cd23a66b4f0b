-- At every node of a video arrivals are departures and exits; a video's entries are its exits, and the views that visited a node.
with

transitions as (

    select * from {{ ref('path_transition') }}

),

-- the empty place is where views come from before they enter and where they go after they leave
passages as (

    select workspace_id, video_id, to_node_id as node_id, transition_count as arrivals, 0 as departures from transitions
    union all
    select workspace_id, video_id, from_node_id as node_id, 0 as arrivals, transition_count as departures from transitions

),

balances as (

    select
        workspace_id,
        video_id,
        node_id,
        sum(arrivals) as arrivals,
        sum(departures) as departures
    from passages
    group by workspace_id, video_id, node_id

),

views as (

    select
        workspace_id,
        video_id,
        count(*) as view_count
    from {{ ref('fct_view') }}
    where node_count > 0
    group by workspace_id, video_id

),

entries as (

    select
        workspace_id,
        video_id,
        sum(transition_count) as entry_count
    from transitions
    where from_node_id is null
    group by workspace_id, video_id

)

select workspace_id, video_id, node_id, arrivals, departures from balances
where arrivals <> departures
union all
select
    coalesce(views.workspace_id, entries.workspace_id) as workspace_id,
    coalesce(views.video_id, entries.video_id) as video_id,
    null as node_id,
    entries.entry_count as arrivals,
    views.view_count as departures
from views
full outer join entries on views.workspace_id = entries.workspace_id and views.video_id = entries.video_id
where coalesce(views.view_count, 0) <> coalesce(entries.entry_count, 0)
