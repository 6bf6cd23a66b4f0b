-- One row per accepted record of an Open edX tracking log, with the name that `openedx_events` knows it by, and whom and what it is about.
{% set course_in_address = '(course|block)-v1:([^/+?#&]+[+][^/+?#&]+[+][^/+?#&]+)' %}
{% set course_page = '^/(dashboard|xblock/[^/]+|courses/([^/]+/[^/]+/[^/]+|[^/]+)/(about|info|course|courseware|home|progress)(/.*)?)/?$' %}
{% set site = '^https?://([^/?#]+)' %}
{% set clock = '([0-9]+):([0-9]{2}):([0-9]{2})' %}
with

records as (

    select * from {{ ref('stg_openedx__records') }}

),

identified as (

    select
        records.*,

        -- the same record is the same event, whether a logger wrote something before it or not
        'md5:' || md5(
            case
                when record like '%,"log_prefix":"%' then split_part(record, ',"log_prefix":"', 1) || '}'
                else record
            end
        ) as event_id,
        coalesce(nullif(nullif(event_type, ''), 'mobile'), nullif(event_name, '')) as stated_name,
        coalesce(nullif(event_source, ''), nullif(context_event_source, ''), 'server') as emitted_by,

        -- who is not signed in is known by the session; an app has none, but a device
        coalesce(nullif(session, ''), nullif(context_session, ''), nullif(mobile_device_id, '')) as device_id,
        coalesce(nullif(username, ''), nullif(context_username, ''), nullif(user_number, '')) as user_id,

        case when coalesce(page, context_page) like 'http%' then coalesce(page, context_page) end as page_url,
        case
            when course_id like 'course-v1:%' then substr(course_id, 11)
            when coalesce(course_id, '') = ''
                then nullif(regexp_extract(replace(coalesce(page, context_page), '%2B', '+'), '{{ course_in_address }}', 2), '')
        end as course_key
    from records

),

named as (

    select
        *,
        case
            -- the server's record always names the problem; a bus may not say that one is the browser's
            when stated_name = 'problem_check' and (emitted_by = 'browser' or coalesce(problem_id, correct_map, submission) is null)
                then 'problem_check_in_browser'
            when stated_name like '/%/save_user_state' and posted like '%saved_video_position%' then 'saved_video_position'
            when stated_name like '/%' and regexp_extract(stated_name, '{{ course_page }}', 0) <> '' then 'page_request'
            when stated_name like '/%' then 'background_request'
            when
                stated_name = 'edx.ui.lms.link_clicked'
                and regexp_extract(current_url, '{{ site }}', 1) <> regexp_extract(target_url, '{{ site }}', 1)
                and regexp_extract(target_url, '{{ site }}', 1) <> ''
                then 'outside_link_clicked'
            else stated_name
        end as name
    from identified

),

located as (

    select
        *,
        case
            when name = 'saved_video_position'
                then replace(regexp_extract(stated_name, '/(xblock|modx)/(.+?)(/handler/.*)?/save_user_state', 2), ';_', '/')
            else coalesce(nullif(block_id, ''), nullif(mobile_module_id, ''), completed_block_id)
        end as stated_block
    from named

),

final as (

    select
        load_id,
        line_number,
        event_date,
        event_id,
        name,
        occurred_at,
        {{ timestamp_from_text('context_received_at') }} as received_at,
        device_id,
        user_id,
        page_url,
        case when stated_name like '/%' then stated_name end as requested_path,
        case when name = 'page_request' then coalesce(nullif(referer, ''), nullif(context_referer, '')) end as referrer,

        -- a browser names a block by its last part, which the next run of the same course shares
        case
            when stated_block like 'i4x://%' then replace(replace(stated_block, 'i4x://', 'i4x-'), '/', '-')
            when stated_block like 'i4x-%' or stated_block like '%:%' or course_key is null then stated_block
            else 'block-v1:' || course_key || '+type@video+block@' || stated_block
        end as block_key,

        case
            when name = 'saved_video_position' then
                {{ number_from_text("regexp_extract(posted, '" ~ clock ~ "', 1)") }} * 3600
                + {{ number_from_text("regexp_extract(posted, '" ~ clock ~ "', 2)") }} * 60
                + {{ number_from_text("regexp_extract(posted, '" ~ clock ~ "', 3)") }}
            else coalesce({{ number_from_text('media_time') }}, {{ number_from_text('mobile_time') }})
        end as position_seconds,
        {{ number_from_text('old_time') }} as position_from_seconds,
        {{ number_from_text('new_time') }} as position_to_seconds,
        {{ number_from_text('new_speed') }} as playback_rate,
        {{ number_from_text('duration') }} as duration_seconds,
        {{ number_from_text('completion') }} as completion,

        module_id,
        problem_id,
        {{ json_object_text('submission') }} as submission,
        {{ json_object_text('correct_map') }} as correct_map,
        {{ json_object_text('answers') }} as answers,
        {{ json_object_text('choices') }} as choices,
        {{ number_from_text('grade') }} as grade,
        {{ number_from_text('max_grade') }} as max_grade,
        nullif(url_name, '') as url_name,
        nullif(choice, '') as choice,
        target_url,
        application_version,
        record
    from located

)

select * from final
