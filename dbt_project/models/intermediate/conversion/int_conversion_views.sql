-- One row per conversion and eligible view: a played view of the same viewer that began before it and within the window (rule 73).
{{ config(materialized='table') }}
{% set window_microseconds = var('attribution_window_days') * 86400000000 %}
with

conversions as (

    select
        *,
        {{ hash_key(['conversion_id']) }} as conversion_key,
        {{ epoch_microseconds('occurred_at') }} as closes_at
    from {{ ref('int_conversion_viewers') }}

),

converting_viewers as (

    select workspace_id, viewer_id from conversions
    group by workspace_id, viewer_id

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

played as (

    select
        views.workspace_id,
        {{ viewer_id('views', 'device_users') }} as viewer_id,
        views.view_id,
        views.view_key,
        views.view_started_at,
        {{ epoch_microseconds('views.view_started_at') }} as began_at
    from {{ ref('int_views') }} as views
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id
    where views.is_played

),

-- A viewer's views and conversions on one line of time: how many views lie before a moment is counted, not joined, because a
-- device or a login that a whole shop shares has views times conversions of them.
numbered as (

    select
        played.*,
        row_number() over (
            partition by played.workspace_id, played.viewer_id
            order by played.began_at, played.view_id
        ) as view_number
    from played
    inner join converting_viewers
        on played.workspace_id = converting_viewers.workspace_id and played.viewer_id = converting_viewers.viewer_id

),

moments as (

    select workspace_id, viewer_id, began_at as moment, 1 as is_view, view_key as moment_id, 'view' as moment_kind from numbered
    union all
    select
        workspace_id,
        viewer_id,
        closes_at - {{ window_microseconds }} as moment,
        0 as is_view,
        conversion_key as moment_id,
        'open' as moment_kind
    from conversions
    union all
    select workspace_id, viewer_id, closes_at as moment, 0 as is_view, conversion_key as moment_id, 'close' as moment_kind from conversions

),

counted as (

    select
        moment_id,
        moment_kind,
        sum(is_view) over (
            partition by workspace_id, viewer_id
            order by moment, is_view, moment_id, moment_kind
            rows between unbounded preceding and current row
        ) as earlier_views
    from moments

),

windows as (

    select
        moment_id as conversion_key,
        max(case when moment_kind = 'open' then earlier_views end) as views_before_window,
        max(case when moment_kind = 'close' then earlier_views end) as views_before_conversion
    from counted
    where moment_kind <> 'view'
    group by moment_id

),

bounds as (

    select
        conversions.conversion_id,
        conversions.workspace_id,
        conversions.viewer_id,
        cast(greatest(
            windows.views_before_window, windows.views_before_conversion - {{ var('attribution_view_limit') }}
        ) as bigint) + 1 as first_number,
        cast(windows.views_before_conversion as bigint) as last_number
    from conversions
    inner join windows on conversions.conversion_key = windows.conversion_key

),

places as (

    {{ unnest_seconds(
        'bounds', ['conversion_id', 'workspace_id', 'viewer_id', 'first_number', 'last_number'], 'first_number', 'last_number'
    ) }}

),

final as (

    select
        places.conversion_id,
        numbered.view_id,
        numbered.view_key,
        numbered.view_started_at,
        places.second - places.first_number + 1 as touch_number,
        places.last_number - places.first_number + 1 as touch_count
    from places
    inner join numbered
        on
            places.workspace_id = numbered.workspace_id
            and places.viewer_id = numbered.viewer_id
            and places.second = numbered.view_number

)

select * from final
