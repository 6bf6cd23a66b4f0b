-- One row per click with a place on the picture: on which cell and second it fell, and whether anything was there (rules 34 to 36).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
{% set reach = (var('near_miss_share') * 1000000) | int %}
{% set patience = var('near_miss_seconds') %}
with

clicks as (

    select
        actions.*,
        actions.event_type = 'surface_click' and actions.element_id is null as is_on_surface,
        {{ rounded_seconds('actions.position_seconds') }} as at_seconds,
        {{ frame_millionths('actions.x') }} as at_x,
        {{ frame_millionths('actions.y') }} as at_y
    from {{ ref('int_actions') }} as actions
    {{ join_stale_scopes('actions', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} actions.view_key is not null
    and actions.position_seconds is not null
    and actions.x between 0 and 1
    and actions.y between 0 and 1
    and (actions.is_interaction or actions.event_type in ('surface_click', 'element_skip', 'question_skip'))

),

node_versions as (

    select * from {{ ref('int_node_versions') }}

),

element_versions as (

    select * from {{ ref('int_element_versions') }}

),

-- where nobody says what a video holds, nobody knows what a click on its picture missed
described_videos as (

    select workspace_id, video_id, valid_from, valid_to from node_versions
    union
    select workspace_id, video_id, valid_from, valid_to from element_versions

),

described_views as (

    select clicks.view_key, clicks.view_started_at
    from clicks
    inner join described_videos
        on
            clicks.workspace_id = described_videos.workspace_id
            and clicks.video_id = described_videos.video_id
            and clicks.view_started_at >= described_videos.valid_from
            and clicks.view_started_at < described_videos.valid_to
    where clicks.is_on_surface
    group by clicks.view_key, clicks.view_started_at

),

boxes as (

    select
        workspace_id,
        video_id,
        node_id,
        element_id,
        valid_from,
        valid_to,
        {{ rounded_seconds('coalesce(from_seconds, 0)') }} as from_seconds,
        {{ rounded_seconds('to_seconds') }} as to_seconds,
        {{ frame_millionths('box_x') }} as box_left,
        {{ frame_millionths('box_x + box_width') }} as box_right,
        {{ frame_millionths('box_y') }} as box_top,
        {{ frame_millionths('box_y + box_height') }} as box_bottom
    from element_versions
    where box_x is not null and box_y is not null and box_width is not null and box_height is not null

),

compared as (

    select
        clicks.action_id,
        boxes.element_id,
        clicks.at_seconds >= boxes.from_seconds
        and (boxes.to_seconds is null or clicks.at_seconds <= boxes.to_seconds) as is_active,
        clicks.at_seconds >= boxes.from_seconds - {{ patience }}
        and (boxes.to_seconds is null or clicks.at_seconds <= boxes.to_seconds + {{ patience }}) as is_nearly_active,
        clicks.at_x between boxes.box_left and boxes.box_right
        and clicks.at_y between boxes.box_top and boxes.box_bottom as is_inside,
        clicks.at_x between boxes.box_left - {{ reach }} and boxes.box_right + {{ reach }}
        and clicks.at_y between boxes.box_top - {{ reach }} and boxes.box_bottom + {{ reach }} as is_nearly_inside
    from clicks
    inner join boxes
        on
            clicks.workspace_id = boxes.workspace_id
            and clicks.video_id = boxes.video_id
            and clicks.node_id = boxes.node_id
            and clicks.view_started_at >= boxes.valid_from
            and clicks.view_started_at < boxes.valid_to
    where clicks.is_on_surface

),

judged as (

    select
        action_id,
        bool_or(is_inside and is_active) as is_hit,
        min(case when (is_nearly_inside and is_active) or (is_inside and is_nearly_active) then element_id end) as near_element_id
    from compared
    group by action_id

),

final as (

    select
        ---------- keys
        clicks.session_key,
        clicks.view_key,
        clicks.view_started_at,
        cast(clicks.view_started_at as date) as started_date,
        clicks.action_id,
        clicks.workspace_id,
        clicks.video_id,
        clicks.node_id,

        ---------- when and where
        clicks.occurred_at,
        clicks.position_seconds,
        clicks.x,
        clicks.y,
        {{ click_bucket('clicks.at_seconds') }} as bucket,
        {{ click_cell('clicks.x') }} as cell_x,
        {{ click_cell('clicks.y') }} as cell_y,

        ---------- what was there
        clicks.event_type,
        clicks.element_id,
        case
            when not clicks.is_on_surface or judged.is_hit then 'hit'
            when described_views.view_key is null then 'unknown'
            when judged.near_element_id is not null then 'near_miss'
            else 'false_click'
        end as outcome,
        case when clicks.is_on_surface and not judged.is_hit then judged.near_element_id end as near_element_id

    from clicks
    left join judged on clicks.action_id = judged.action_id
    left join described_views
        on clicks.view_key = described_views.view_key and clicks.view_started_at = described_views.view_started_at

)

select * from final
