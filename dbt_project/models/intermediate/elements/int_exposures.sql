-- One row per view and element it was exposed to (rule 31), under the element's version in force at the view's start.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
{% set shown = "event_type in ('element_shown', 'form_shown', 'question_shown')" %}
{% set answered = "event_type in ('question_answer', 'poll_answer', 'survey_response', 'form_submit')" %}
{% set skipped = "event_type in ('element_skip', 'question_skip')" %}
{% set clicked = "(event_type = 'surface_click' or (is_interaction and not " ~ answered ~ "))" %}
{% set led_outside = leads_outside() %}
with

actions as (

    select actions.* from {{ ref('int_actions') }} as actions
    {{ join_stale_scopes('actions', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} actions.view_key is not null

),

views as (

    select views.* from {{ ref('int_views') }} as views
    {{ join_stale_scopes('views', 'view_started_at') }}

),

derived_segments as (

    select segments.* from {{ ref('int_derived_segments') }} as segments
    {{ join_stale_scopes('segments', 'view_started_at') }}

),

declared_segments as (

    select segments.* from {{ ref('int_declared_segments') }} as segments
    {{ join_stale_scopes('segments', 'view_started_at') }}

),

element_versions as (

    select * from {{ ref('int_element_versions') }}

),

---------- where an element lies that an event names without its node (add_to_cart on a page often does)
spoken_of as (

    select
        view_key,
        view_started_at,
        element_id,
        min(case when node_id <> video_id then node_id end) as first_node_id,
        max(case when node_id <> video_id then node_id end) as last_node_id,
        bool_or(node_id = video_id) as is_unplaced
    from actions
    where element_id is not null
    group by view_key, view_started_at, element_id

),

unplaced as (

    select
        spoken_of.view_key,
        spoken_of.view_started_at,
        spoken_of.element_id,
        spoken_of.first_node_id,
        spoken_of.last_node_id,
        views.workspace_id,
        views.video_id
    from spoken_of
    inner join views on spoken_of.view_key = views.view_key and spoken_of.view_started_at = views.view_started_at
    where spoken_of.is_unplaced

),

authored_places as (

    select
        unplaced.view_key,
        unplaced.view_started_at,
        unplaced.element_id,
        min(element_versions.node_id) as first_node_id,
        max(element_versions.node_id) as last_node_id,
        bool_or(element_versions.node_id = element_versions.video_id) as is_in_video_itself
    from unplaced
    inner join element_versions
        on
            unplaced.workspace_id = element_versions.workspace_id
            and unplaced.video_id = element_versions.video_id
            and unplaced.element_id = element_versions.element_id
            and unplaced.view_started_at >= element_versions.valid_from
            and unplaced.view_started_at < element_versions.valid_to
    group by unplaced.view_key, unplaced.view_started_at, unplaced.element_id

),

places as (

    select
        unplaced.view_key,
        unplaced.view_started_at,
        unplaced.element_id,
        case
            when authored_places.is_in_video_itself then unplaced.video_id
            when unplaced.first_node_id = unplaced.last_node_id then unplaced.first_node_id
            when authored_places.first_node_id = authored_places.last_node_id then authored_places.first_node_id
            else unplaced.video_id
        end as node_id
    from unplaced
    left join authored_places
        on
            unplaced.view_key = authored_places.view_key
            and unplaced.view_started_at = authored_places.view_started_at
            and unplaced.element_id = authored_places.element_id

),

element_actions as (

    select
        actions.view_key,
        actions.view_started_at,
        coalesce(places.node_id, actions.node_id) as node_id,
        actions.element_id,
        actions.element_type,
        actions.to_node_id,
        actions.destination_url,
        actions.event_type,
        actions.is_interaction,
        actions.occurred_at
    from actions
    left join places
        on
            actions.view_key = places.view_key
            and actions.view_started_at = places.view_started_at
            and actions.element_id = places.element_id
            and actions.node_id = actions.video_id
    where actions.element_id is not null

),

---------- what the view's events do with each element
named as (

    select
        view_key,
        view_started_at,
        node_id,
        element_id,
        count(*) filter (where {{ shown }}) as shown_count,
        min(case when {{ shown }} then occurred_at end) as first_shown_at,
        count(*) filter (where {{ clicked }}) as click_count,
        min(case when {{ clicked }} then occurred_at end) as first_clicked_at,
        count(*) filter (where is_interaction and {{ led_outside }}) as outbound_click_count,
        count(*) filter (where {{ answered }}) as answer_count,
        min(case when {{ answered }} then occurred_at end) as first_answered_at,
        count(*) filter (where {{ skipped }}) as skip_count,
        bool_or({{ led_outside }}) as has_led_outside,
        min(element_type) as reported_element_type,
        min(destination_url) as reported_destination_url,
        min(to_node_id) as reported_to_node_id
    from element_actions
    group by view_key, view_started_at, node_id, element_id

),

named_exposures as (

    select * from named
    where shown_count + click_count + answer_count + skip_count > 0

),

showing_views as (

    select view_key, view_started_at from actions
    where {{ shown }}
    group by view_key, view_started_at

),

silent_views as (

    select
        views.view_key,
        views.view_started_at,
        views.workspace_id,
        views.video_id,
        views.coverage_source
    from views
    left join showing_views on views.view_key = showing_views.view_key and views.view_started_at = showing_views.view_started_at
    where showing_views.view_key is null

),

segments as (

    select view_key, view_started_at, node_id, from_seconds, to_seconds, 'derived' as evidence from derived_segments
    union all
    select view_key, view_started_at, node_id, from_seconds, to_seconds, 'declared' as evidence from declared_segments

),

-- what a view that reports nothing as shown must have seen, by the catalog
in_window as (

    select
        segments.view_key,
        segments.view_started_at,
        segments.node_id,
        element_versions.element_id
    from segments
    inner join silent_views
        on
            segments.view_key = silent_views.view_key
            and segments.view_started_at = silent_views.view_started_at
            and segments.evidence = silent_views.coverage_source
    inner join element_versions
        on
            silent_views.workspace_id = element_versions.workspace_id
            and silent_views.video_id = element_versions.video_id
            and segments.node_id = element_versions.node_id
            and silent_views.view_started_at >= element_versions.valid_from
            and silent_views.view_started_at < element_versions.valid_to
    where
        greatest(segments.from_seconds, {{ rounded_seconds('coalesce(element_versions.from_seconds, 0)') }})
        < least(segments.to_seconds, {{ rounded_seconds('coalesce(element_versions.to_seconds, ' ~ var('longest_node_seconds') ~ ')') }})
    group by segments.view_key, segments.view_started_at, segments.node_id, element_versions.element_id

),

exposed as (

    select view_key, view_started_at, node_id, element_id from named_exposures
    union
    select view_key, view_started_at, node_id, element_id from in_window

),

final as (

    select
        ---------- keys
        views.session_key,
        views.view_key,
        views.view_started_at,
        views.started_date,
        views.workspace_id,
        views.video_id,
        exposed.node_id,
        exposed.element_id,
        element_versions.version_number,

        ---------- how it was exposed
        case
            when named.shown_count > 0 then 'shown'
            when named.click_count + named.answer_count + named.skip_count > 0 then 'action'
            else 'window'
        end as exposed_by,
        coalesce(named.shown_count, 0) as shown_count,
        named.first_shown_at,

        ---------- what was done
        coalesce(named.click_count, 0) as click_count,
        named.first_clicked_at,
        coalesce(named.outbound_click_count, 0) as outbound_click_count,
        coalesce(named.answer_count, 0) as answer_count,
        named.first_answered_at,
        coalesce(named.skip_count, 0) as skip_count,

        ---------- where it leads
        element_versions.destination_url is not null
        or {{ lowercase('coalesce(element_versions.element_type, named.reported_element_type, \'\')') }} in ('cta', 'product')
        or coalesce(named.has_led_outside, false) as is_outbound,

        ---------- what the events say of it
        named.reported_element_type,
        named.reported_destination_url,
        named.reported_to_node_id

    from exposed
    inner join views on exposed.view_key = views.view_key and exposed.view_started_at = views.view_started_at
    left join named
        on
            exposed.view_key = named.view_key
            and exposed.view_started_at = named.view_started_at
            and exposed.node_id = named.node_id
            and exposed.element_id = named.element_id
    left join element_versions
        on
            views.workspace_id = element_versions.workspace_id
            and views.video_id = element_versions.video_id
            and exposed.node_id = element_versions.node_id
            and exposed.element_id = element_versions.element_id
            and views.view_started_at >= element_versions.valid_from
            and views.view_started_at < element_versions.valid_to

)

select * from final
