-- One row per session key and run that found it stale: the stretch of its activity that must be computed anew. It is written before
-- anything is replaced and stays in force until a run finishes (its base_version is then superseded), so that a run killed anywhere
-- is healed by the next.
-- A scope never cuts a session or a view: it is the hull of the changed events, of what lies within a session gap of them, of the
-- views they may belong to, and of every session and view that overlaps these.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
) }}
{% set events = existing_relation('events', 'events') %}
{% set sessions = existing_relation('intermediate', 'int_session_bounds') %}
{% set views = existing_relation('intermediate', 'int_view_bounds') %}
{% set nodes = existing_relation('state', 'built_nodes') %}
{% set edges = existing_relation('state', 'built_edges') %}
{% set elements = existing_relation('state', 'built_elements') %}
-- depends_on: {{ ref('last_finished_run') }}
-- depends_on: {{ ref('current_loads') }}
-- depends_on: {{ ref('changed_activity') }}
-- depends_on: {{ ref('int_node_versions') }}
-- depends_on: {{ ref('int_edge_versions') }}
-- depends_on: {{ ref('int_element_versions') }}
with

{% if events is none or flags.FULL_REFRESH %}

final as (

    select
        cast('none' as {{ string_type() }}) as base_version,
        cast(0 as bigint) as session_key,
        cast(null as timestamp) as scope_from,
        cast(null as timestamp) as scope_to
    from {{ ref('current_loads') }}
    where 1 = 0

)

{% else %}

base as (

    select version as base_version from {{ ref('last_finished_run') }}

),

changed as (

    select * from {{ ref('changed_activity') }}

),

reached as (

    -- what changed, widened by a session gap
    select
        session_key,
        changed_from,
        changed_to,
        changed_from - interval '{{ var("session_gap_minutes") }}' minute as reach_from,
        changed_to + interval '{{ var("session_gap_minutes") }}' minute as reach_to
    from changed

    {% if views is not none %}
    union all

    -- a view that a changed event may belong to, however long ago it paused
    select
        views.session_key,
        views.view_started_at,
        views.view_ended_at,
        views.view_started_at,
        views.view_ended_at
    from {{ views }} as views
    inner join changed
        on
            views.session_key = changed.session_key
            and views.view_key = changed.playback_key
            and views.view_started_at <= changed.changed_to + interval '{{ var("view_gap_days") }}' day
            and views.view_ended_at >= changed.changed_from - interval '{{ var("view_gap_days") }}' day

    union all

    -- views whose catalog facts changed
    select
        views.session_key,
        views.view_started_at,
        views.view_ended_at,
        views.view_started_at,
        views.view_ended_at
    from {{ views }} as views
    inner join ({{ changed_catalog_versions(nodes, edges, elements) }}) as catalog_changes
        on
            views.workspace_id = catalog_changes.workspace_id
            and views.video_id = catalog_changes.video_id
            and views.view_started_at >= catalog_changes.valid_from
            and views.view_started_at < catalog_changes.valid_to
    {% endif %}

    {% if is_incremental() %}
    union all

    -- what an unfinished run was about to compute
    select
        journal.session_key,
        journal.scope_from,
        journal.scope_to,
        journal.scope_from,
        journal.scope_to
    from {{ this }} as journal
    inner join base on journal.base_version = base.base_version
    {{ keys_at_risk(this, events) }}
    {% endif %}

),

stale as (

    select
        session_key,
        min(changed_from) as changed_from,
        max(changed_to) as changed_to,
        min(reach_from) as reach_from,
        max(reach_to) as reach_to
    from reached
    group by session_key

),

spans as (

    {% if sessions is none and views is none %}
    select session_key, changed_from as span_from, changed_to as span_to from stale where 1 = 0
    {% endif %}
    {% if sessions is not none %}
    select
        sessions.session_key,
        sessions.session_started_at as span_from,
        sessions.session_ended_at as span_to
    from {{ sessions }} as sessions
    inner join stale on sessions.session_key = stale.session_key
    {% endif %}
    {% if sessions is not none and views is not none %}union all{% endif %}
    {% if views is not none %}
    select
        views.session_key,
        views.view_started_at as span_from,
        views.view_ended_at as span_to
    from {{ views }} as views
    inner join stale on views.session_key = stale.session_key
    where views.spans_sessions
    {% endif %}

),

spans_in_order as (

    select
        session_key,
        span_from,
        span_to,
        max(span_to) over (
            partition by session_key
            order by span_from, span_to
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from spans

),

numbered as (

    -- by range, not rows: twins (the same bounds twice) must get the same number whichever of them comes first
    select
        session_key,
        span_from,
        span_to,
        sum(case when covered_until is null or span_from > covered_until then 1 else 0 end) over (
            partition by session_key
            order by span_from, span_to
            range between unbounded preceding and current row
        ) as block_number
    from spans_in_order

),

blocks as (

    select
        session_key,
        block_number,
        min(span_from) as block_from,
        max(span_to) as block_to
    from numbered
    group by session_key, block_number

),

overlapped as (

    select
        stale.session_key,
        min(blocks.block_from) as block_from,
        max(blocks.block_to) as block_to
    from stale
    inner join blocks
        on
            stale.session_key = blocks.session_key
            and blocks.block_from <= stale.reach_to
            and blocks.block_to >= stale.reach_from
    group by stale.session_key

),

final as (

    select
        base.base_version,
        stale.session_key,
        least(stale.changed_from, coalesce(overlapped.block_from, stale.changed_from)) as scope_from,
        greatest(stale.changed_to, coalesce(overlapped.block_to, stale.changed_to)) as scope_to
    from stale
    cross join base
    left join overlapped on stale.session_key = overlapped.session_key

)

{% endif %}

select * from final
