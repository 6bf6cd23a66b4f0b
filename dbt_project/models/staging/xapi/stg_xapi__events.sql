-- One row per accepted xAPI statement, in the event contract.
{% set videos = ['video', 'interactive-video', 'h5p.interactivevideo', 'h5p.branchingscenario', 'h5p.video'] %}
with

statements as (

    select * from {{ ref('stg_xapi__statements') }}

),

verbs as (

    select * from {{ ref('xapi_verbs') }}

),

activities as (

    select * from {{ ref('xapi_activities') }}

),

named as (

    select
        statements.*,
        coalesce(account_home_page || '#' || account_name, account_name, mbox, mbox_sha1sum, openid) as actor_id,
        {{ lowercase(last_part_of_address('verb_id')) }} as verb,
        case
            when category like '%/H5P.%' then {{ lowercase("regexp_extract(category, 'H5P[.][A-Za-z0-9]+', 0)") }}
            else {{ lowercase(last_part_of_address('activity_type')) }}
        end as activity,
        coalesce(
            stated_sub_content_id,
            case
                when object_id like '%subContentId=%' then nullif(regexp_extract(object_id, '[?&]subContentId=([^&#]+)', 1), '')
            end
        ) as sub_content_id
    from statements

),

described as (

    select
        named.*,
        coalesce(named.activity in ('{{ videos | join("', '") }}'), false) as is_video,
        case
            when named.activity in ('{{ videos | join("', '") }}') then null
            when activities.element_type is not null then activities.element_type
            when named.interaction_type = 'likert' then 'survey'
            when named.interaction_type is not null then 'question'
        end as element_type
    from named
    left join activities on named.activity = activities.activity

),

placed as (

    select
        *,
        element_type is not null or (sub_content_id is not null and not is_video) as is_element,
        {{ video_of_context('parent') }} as parent_video_id,
        {{ video_of_context('grouping') }} as grouping_video_id
    from described

),

addressed as (

    -- an element's parent that says nothing of its own type is the video, as H5P writes it; a course is none
    select
        *,
        coalesce(
            parent_video_id,
            case
                when is_element and parent is not null and {{ first_of_context('parent', 'definition.type') }} is null
                    then {{ first_of_context('parent', 'id') }}
            end
        ) as parent_id,
        case
            when not is_element then object_id
            when object_id like '%subContentId=%' then regexp_replace(object_id, '[?&]subContentId=[^&#]*', '')
            else object_id
        end as content_id,
        case
            when is_element then coalesce(element_type, 'element')
            when object_type in ('StatementRef', 'SubStatement', 'Agent', 'Group') then 'statement'
            when verb <> 'interacted' or coalesce(quality, captions, subtitles, subtitle_language) is not null then 'video'
            when speed is not null and volume is null and full_screen is null then 'speed'
            when volume is not null and speed is null and full_screen is null then 'volume'
            when full_screen is not null and speed is null and volume is null then 'full-screen'
            else 'video'
        end as about
    from placed

),

translated as (

    select
        addressed.*,
        verbs.event_type as known_event_type,
        -- points without a most are no grade; the scaled score is one
        {{ number_from_text('score_scaled') }} is not null
        and ({{ number_from_text('score_raw') }} is null or {{ number_from_text('score_max') }} is null) as is_scaled
    from addressed
    left join verbs on addressed.verb = verbs.verb and verbs.about in ('anything', addressed.about)

),

final as (

    select
        load_id,
        line_number,
        cast(1 as bigint) as part_number,
        'xapi' as source,
        event_date,
        coalesce(statement_id, 'md5:' || md5(statement)) as event_id,
        coalesce(known_event_type, verb) as event_type,
        occurred_at,
        cast(null as timestamp) as sent_at,
        received_at,
        cast(null as {{ string_type() }}) as workspace_id,
        cast(null as {{ string_type() }}) as device_id,
        actor_id as user_id,
        coalesce(session_id, course_session_id, registration) as playback_id,
        cast(null as bigint) as sequence_number,
        case
            when about = 'statement' then null
            when is_element then coalesce(grouping_video_id, parent_id, content_id)
            else coalesce(parent_id, grouping_video_id, object_id)
        end as video_id,
        case
            when about = 'statement' then null
            when is_element then coalesce(parent_id, grouping_video_id, content_id)
            else object_id
        end as node_id,

        -- a seek says where it came from and went to; every other verb says where it happened
        case
            when known_event_type = 'seek' then null
            when time is not null then {{ seconds_from_text('time') }}
            -- a bare number is the number of a slide or of a question
            when ending_point like 'P%' then {{ seconds_from_text('ending_point') }}
        end as position_seconds,
        {{ seconds_from_text('time_from') }} as position_from_seconds,
        {{ seconds_from_text('time_to') }} as position_to_seconds,
        {{ number_from_text("replace(lower(speed), 'x', '')") }} as playback_rate,
        coalesce({{ seconds_from_text('context_length') }}, {{ seconds_from_text('result_length') }}) as duration_seconds,

        case when is_element then coalesce(sub_content_id, object_id) end as element_id,
        element_type,
        case when about = 'branch' and response like 'http%' then response end as to_node_id,
        case when activity = 'link' then object_id end as destination_url,
        case
            when interaction_type = 'long-fill-in' then {{ json_string_list('response') }}
            else {{ json_split_list('response', '[,]') }}
        end as response,
        coalesce({{ boolean_from_text('success') }}, case verb when 'passed' then true when 'failed' then false end) as is_correct,
        case when is_scaled then {{ number_from_text('score_scaled') }} else {{ number_from_text('score_raw') }} end as score,
        case when is_scaled then 1 else {{ number_from_text('score_max') }} end as max_score,

        {{ played_ranges_of('played_segments') }} as played_ranges,
        -- an answer that is complete completes no video
        case
            when is_element then null
            when verb = 'completed' then coalesce({{ boolean_from_text('completion') }}, true)
            when {{ boolean_from_text('completion') }} then true
        end as is_completion,
        {{ number_from_text('completion_threshold') }} as completion_threshold,
        cast(null as double) as reported_watch_seconds,

        cast(null as double) as x,
        cast(null as double) as y,
        cast(null as decimal(20, 6)) as value,
        {% for column in [
            'currency', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content', 'referrer', 'page_url',
            'experiment_id', 'variant_id', 'device_type', 'os', 'browser', 'country'
        ] -%}
            cast(null as {{ string_type() }}) as {{ column }},
        {% endfor -%}
        platform as player_version,
        cast(null as boolean) as consent_marketing,
        cast(null as boolean) as consent_analytics,
        statement as properties,
        cast(null as {{ string_type() }}) as extra

    from translated

)

select * from final
