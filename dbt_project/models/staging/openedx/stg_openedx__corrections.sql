-- One row per event that only the records before it explain: a play that still reports where a seek came from, and the closing of a page on
-- which a video was the last thing used. Records are compared within their date, over narrow rows.
{{ config(meta={'reads_across_records': true}) }}
with

named_records as (

    select * from {{ ref('stg_openedx__named_records') }}
    -- what a killed ingestion left behind belongs to no load
    where
        {{ is_listed('load_id', 'load_id', ref('stg_lake__load_dates')) }}
        -- told by their text, so that no other record is opened
        and (record like '%_video%' or record like '%edx.%video.%' or record like '%page_close%')

),

known_events as (

    select * from {{ ref('openedx_events') }}

),

moments as (

    select
        named_records.event_date,
        named_records.event_id,
        named_records.occurred_at,
        coalesce(named_records.device_id, named_records.user_id) as viewer,
        named_records.page_url,
        case when known_events.subject = 'video' then named_records.block_key end as video_id,
        case when known_events.event_type = 'other' then named_records.name else known_events.event_type end as event_type,
        named_records.position_seconds,
        named_records.position_from_seconds,
        named_records.position_to_seconds
    from named_records
    inner join known_events on named_records.name = known_events.name
    where
        known_events.event_type in ('play', 'pause', 'seek', 'ended', 'impression', 'rate_change')
        or known_events.name = 'page_close'

),

-- a record that was delivered twice happened once
told_once as (

    select
        event_date,
        event_id,
        occurred_at,
        viewer,
        page_url,
        video_id,
        event_type,
        position_seconds,
        position_from_seconds,
        position_to_seconds
    from moments
    group by
        event_date,
        event_id,
        occurred_at,
        viewer,
        page_url,
        video_id,
        event_type,
        position_seconds,
        position_from_seconds,
        position_to_seconds

),

after_the_one_before as (

    select
        *,
        lag(event_type) over (partition by event_date, viewer, video_id order by occurred_at, event_id) as type_before,
        lag(position_from_seconds) over (partition by event_date, viewer, video_id order by occurred_at, event_id) as sought_from_seconds,
        lag(position_to_seconds) over (partition by event_date, viewer, video_id order by occurred_at, event_id) as sought_to_seconds,
        {{ last_known('video_id', 'event_date, viewer, page_url', 'occurred_at, event_id') }} as video_on_page,
        {{ last_known('case when video_id is not null then event_type end', 'event_date, viewer, page_url', 'occurred_at, event_id') }}
            as done_on_page
    from told_once

),

final as (

    select
        event_date,
        event_id,
        case when event_type = 'play' then sought_to_seconds end as position_seconds,
        case when event_type = 'page_close' then video_on_page end as video_id
    from after_the_one_before
    where
        viewer is not null
        and (
            event_type = 'play'
            and type_before = 'seek'
            and abs(position_seconds - sought_from_seconds) <= {{ var('segment_tolerance_seconds') }}
            and abs(position_seconds - sought_to_seconds) > {{ var('segment_tolerance_seconds') }}
            -- who has only loaded the player again did not use it
            or event_type = 'page_close'
            and page_url is not null
            and video_on_page is not null
            and done_on_page <> 'impression'
        )

)

select * from final
