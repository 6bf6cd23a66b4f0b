-- One row per step from node to node that anybody took or that the graph offers; no from_node_id: entries, no to_node_id: exits (rule 54).
{{ config(materialized='table') }}
{% set step = ['workspace_id', 'video_id', 'from_node_id', 'to_node_id'] %}
{% set counts = [
    'transition_count', 'view_count', 'chosen_count', 'default_count', 'jump_count', 'unexplained_count', 'ended_count', 'dead_end_count'
] %}
with

days as (

    select * from {{ ref('int_transition_days') }}

),

visits as (

    select * from {{ ref('int_node_visits') }}

),

views as (

    select * from {{ ref('int_views') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

edges as (

    select * from {{ ref('int_edges') }}

),

graphs as (

    select workspace_id, video_id from edges
    group by workspace_id, video_id

),

taken as (

    select
        {{ step | join(', ') }},
        {% for count in counts -%}
            cast(sum({{ count }}) as bigint) as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from days
    group by {{ step | join(', ') }}

),

owned_steps as (

    select
        visits.workspace_id,
        visits.video_id,
        visits.previous_node_id as from_node_id,
        visits.node_id as to_node_id,
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from visits
    inner join views on visits.view_key = views.view_key and visits.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id
    union all
    select
        visits.workspace_id,
        visits.video_id,
        visits.node_id as from_node_id,
        cast(null as {{ string_type() }}) as to_node_id,
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from visits
    inner join views on visits.view_key = views.view_key and visits.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id
    where visits.is_last

),

viewers_of_steps as (

    select {{ step | join(', ') }}, viewer_id from owned_steps
    group by {{ step | join(', ') }}, viewer_id

),

viewers as (

    select
        {{ step | join(', ') }},
        count(*) as viewer_count
    from viewers_of_steps
    group by {{ step | join(', ') }}

),

offered as (

    select {{ step | join(', ') }} from edges
    where is_in_force

),

keys as (

    select {{ step | join(', ') }} from taken
    union
    select {{ step | join(', ') }} from offered

),

judged as (

    select
        keys.workspace_id,
        keys.video_id,
        keys.from_node_id,
        keys.to_node_id,
        {% for count in counts -%}
            coalesce(taken.{{ count }}, 0) as {{ count }},
        {% endfor -%}
        coalesce(viewers.viewer_count, 0) as viewer_count,
        coalesce(edges.is_in_force, false) as is_in_catalog,
        edges.is_default,
        {{ entered_by_edge('edges', 'graphs') }} as entered_by,
        sum(coalesce(taken.transition_count, 0)) over (
            partition by keys.workspace_id, keys.video_id, keys.from_node_id
        ) as departure_count
    from keys
    left join taken
        on
            keys.workspace_id = taken.workspace_id
            and keys.video_id = taken.video_id
            and keys.from_node_id is not distinct from taken.from_node_id
            and keys.to_node_id is not distinct from taken.to_node_id
    left join viewers
        on
            keys.workspace_id = viewers.workspace_id
            and keys.video_id = viewers.video_id
            and keys.from_node_id is not distinct from viewers.from_node_id
            and keys.to_node_id is not distinct from viewers.to_node_id
    left join edges
        on
            keys.workspace_id = edges.workspace_id
            and keys.video_id = edges.video_id
            and keys.from_node_id = edges.from_node_id
            and keys.to_node_id = edges.to_node_id
    left join graphs on keys.workspace_id = graphs.workspace_id and keys.video_id = graphs.video_id

),

final as (

    select
        ---------- grain
        workspace_id,
        video_id,
        from_node_id,
        to_node_id,

        ---------- how often
        transition_count,
        view_count,
        viewer_count,
        cast(transition_count as double) / nullif(cast(departure_count as bigint), 0) as share_of_departures,

        ---------- how
        {% for kind in ['chosen', 'default', 'jump', 'unknown'] -%}
            {{ kind ~ '_count' if kind != 'unknown' else '0' }}
            + case when entered_by = '{{ kind }}' then unexplained_count else 0 end as {{ kind }}_count,
        {% endfor -%}
        ended_count,
        dead_end_count,

        ---------- what the catalog says
        is_in_catalog,
        is_default

    from judged

)

select * from final
