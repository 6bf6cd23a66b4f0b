-- One row per experiment, unit and metric of which the unit's outcome is known: what it did from its first exposure on (rule 67).
{{ config(materialized='table') }}
{% set clicks = ['element_click', 'cta_click', 'product_click'] %}
with

units as (

    select * from {{ ref('int_experiment_units') }}

),

metrics as (

    select * from {{ ref('int_experiment_metrics') }}

),

variants as (

    select * from {{ ref('int_experiment_variants') }}

),

views as (

    select * from {{ ref('int_views') }}

),

sessions as (

    select session_key, session_started_at, workspace_id, device_id, user_id, playback_id from {{ ref('int_sessions') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

milestones as (

    select * from {{ ref('int_milestones') }}

),

-- the authored video, else those in which the experiment was seen
experiment_videos as (

    select
        views.workspace_id,
        views.experiment_id,
        views.video_id
    from views
    inner join variants
        on
            views.workspace_id = variants.workspace_id
            and views.experiment_id = variants.experiment_id
            and views.variant_id = variants.variant_id
    where variants.video_id is null
    group by views.workspace_id, views.experiment_id, views.video_id
    union
    select
        workspace_id,
        experiment_id,
        video_id
    from variants
    where video_id is not null

),

owned_views as (

    select
        views.workspace_id,
        views.video_id,
        views.view_started_at,
        views.watch_seconds,
        views.is_completed,
        views.device_id,
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from views
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id
    where views.workspace_id in (select units.workspace_id from units)

),

views_of_units as (

    {% for identity, unit_id in {'device': "'device:' || device_id", 'viewer': 'viewer_id'}.items() -%}
        select
            workspace_id,
            '{{ identity }}' as identity,
            {{ unit_id }} as unit_id,
            video_id,
            view_started_at,
            watch_seconds,
            is_completed
        from owned_views
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

watching as (

    select
        units.workspace_id,
        units.experiment_id,
        units.unit_id,
        sum(cast(floor(views.watch_seconds * 1000 + 0.5) as bigint)) as watch_milliseconds,
        max(case when views.is_completed then 1 when not views.is_completed then 0 end) as completion
    from units
    inner join views_of_units as views
        on
            units.workspace_id = views.workspace_id
            and units.identity = views.identity
            and units.unit_id = views.unit_id
            and units.first_exposed_at <= views.view_started_at
    inner join experiment_videos as videos
        on units.workspace_id = videos.workspace_id and units.experiment_id = videos.experiment_id and views.video_id = videos.video_id
    where units.ends_at is null or views.view_started_at < units.ends_at
    group by units.workspace_id, units.experiment_id, units.unit_id

),

-- an event is what its type says, and may be an interaction, an outbound click, a click or a sight of an element besides
kinds as (

    select *, event_type as kind from milestones
    union all
    select *, 'interaction' as kind from milestones
    where is_interaction
    union all
    select *, 'outbound_click' as kind from milestones
    where is_outbound
    union all
    select *, 'click_through' as kind from milestones
    where event_type in ('{{ clicks | join("', '") }}')
    union all
    select *, 'element_exposure' as kind from milestones
    where event_type in ('element_shown', '{{ clicks | join("', '") }}')

),

asked_for as (

    select * from kinds
    where kind = 'element_exposure' or kind in (select metrics.metric from metrics)

),

owners as (

    select
        asked_for.kind,
        asked_for.occurred_at,
        asked_for.video_id,
        asked_for.view_key,
        sessions.workspace_id,
        sessions.device_id,
        sessions.playback_id,
        case when views.view_key is not null then views.user_id else sessions.user_id end as user_id
    from asked_for
    inner join sessions
        on asked_for.session_key = sessions.session_key and asked_for.session_started_at = sessions.session_started_at
    left join views on asked_for.view_key = views.view_key and asked_for.view_started_at = views.view_started_at
    where sessions.workspace_id in (select units.workspace_id from units)

),

owned_events as (

    select
        owners.*,
        {{ viewer_id('owners', 'device_users') }} as viewer_id
    from owners
    left join device_users on owners.workspace_id = device_users.workspace_id and owners.device_id = device_users.device_id

),

events_of_units as (

    {% for identity, unit_id in {'device': "'device:' || device_id", 'viewer': 'viewer_id'}.items() -%}
        select
            workspace_id,
            '{{ identity }}' as identity,
            {{ unit_id }} as unit_id,
            kind,
            occurred_at,
            video_id,
            view_key
        from owned_events
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

doings as (

    select
        units.workspace_id,
        units.experiment_id,
        units.unit_id,
        events.kind
    from units
    inner join events_of_units as events
        on
            units.workspace_id = events.workspace_id
            and units.identity = events.identity
            and units.unit_id = events.unit_id
            and units.first_exposed_at <= events.occurred_at
    left join experiment_videos as videos
        on units.workspace_id = videos.workspace_id and units.experiment_id = videos.experiment_id and events.video_id = videos.video_id
    where
        (units.ends_at is null or events.occurred_at < units.ends_at)
        and (events.view_key is null or videos.video_id is not null)
    group by units.workspace_id, units.experiment_id, units.unit_id, events.kind

),

outcomes as (

    select
        units.workspace_id,
        units.experiment_id,
        units.unit_id,
        units.variant_id,
        metrics.metric,
        case
            when metrics.metric = 'watch_seconds' then coalesce(watching.watch_milliseconds, 0)
            when metrics.metric = 'completion' then watching.completion * 1000
            when metrics.metric = 'click_through' and exposures.unit_id is null then null
            when doings.unit_id is not null then 1000
            else 0
        end as thousandths
    from units
    inner join metrics on units.workspace_id = metrics.workspace_id and units.experiment_id = metrics.experiment_id
    left join watching
        on
            units.workspace_id = watching.workspace_id
            and units.experiment_id = watching.experiment_id
            and units.unit_id = watching.unit_id
    left join doings
        on
            units.workspace_id = doings.workspace_id
            and units.experiment_id = doings.experiment_id
            and units.unit_id = doings.unit_id
            and metrics.metric = doings.kind
    left join doings as exposures
        on
            units.workspace_id = exposures.workspace_id
            and units.experiment_id = exposures.experiment_id
            and units.unit_id = exposures.unit_id
            and exposures.kind = 'element_exposure'

),

final as (

    select
        workspace_id,
        experiment_id,
        unit_id,
        variant_id,
        metric,
        cast(thousandths as bigint) as thousandths
    from outcomes
    where thousandths is not null

)

select * from final
