-- A node is visited in a view exactly when the view has evidence there (rule 12), and what its visits watched is what its segments say.
with

visits as (

    select
        view_key,
        view_started_at,
        node_id,
        sum(watched_seconds) as watched_seconds
    from {{ ref('int_node_visits') }}
    {{ where_changed('started_date') }}
    group by view_key, view_started_at, node_id

),

nodes as (

    select
        view_key,
        view_started_at,
        node_id,
        derived_watch_seconds
    from {{ ref('int_view_node_coverage') }}
    where is_visited {{ and_changed('started_date') }}

)

select
    coalesce(visits.view_key, nodes.view_key) as view_key,
    coalesce(visits.view_started_at, nodes.view_started_at) as view_started_at,
    coalesce(visits.node_id, nodes.node_id) as node_id
from visits
full outer join nodes
    on
        visits.view_key = nodes.view_key
        and visits.view_started_at = nodes.view_started_at
        and visits.node_id = nodes.node_id
where
    visits.node_id is null
    or nodes.node_id is null
    or abs(visits.watched_seconds - nodes.derived_watch_seconds) > 0.0015
