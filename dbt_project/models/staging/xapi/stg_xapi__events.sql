-- One row per accepted xAPI statement, in the event contract.
with

statements as (

    select * from {{ ref('stg_xapi__statements') }}

),

verbs as (

    select * from {{ ref('xapi_verbs') }}

),

named as (

    select
        statements.*,
        coalesce(account_home_page || '#' || account_name, account_name, mbox, mbox_sha1sum, openid) as actor_id,
        lower(regexp_replace(verb_id, '^.*/', '')) as verb
    from statements

),

final as (

    select
        load_id,
        line_number,
        'xapi' as source,
        event_date,
        coalesce(statement_id, 'md5:' || md5(statement)) as event_id,
        coalesce(verbs.event_type, named.verb) as event_type,
        occurred_at,
        cast(null as timestamp) as sent_at,
        received_at,
        cast(null as {{ string_type() }}) as workspace_id,
        cast(null as {{ string_type() }}) as device_id,
        actor_id as user_id,
        coalesce(session_id, registration) as playback_id,
        cast(null as bigint) as sequence_number,
        object_id as video_id,
        object_id as node_id,

        -- a seek says where it came from and went to; every other verb says where it happened
        case when verbs.event_type = 'seek' then null else try_cast(time as double) end as position_seconds,
        try_cast(time_from as double) as position_from_seconds,
        try_cast(time_to as double) as position_to_seconds,
        try_cast(replace(lower(speed), 'x', '') as double) as playback_rate,
        coalesce(try_cast(context_length as double), try_cast(result_length as double)) as duration_seconds,

        cast(null as {{ string_type() }}) as element_id,
        cast(null as {{ string_type() }}) as element_type,
        cast(null as {{ string_type() }}) as to_node_id,
        cast(null as {{ string_type() }}) as destination_url,
        {{ json_string_list('response') }} as response,
        success as is_correct,
        score_raw as score,
        score_max as max_score,

        -- a[.]b[,]c[.]d as [[a,b],[c,d]]; a last range still open becomes [c] and counts for nothing
        case
            when trim(played_segments) <> ''
                then '[[' || replace(replace(played_segments, '[,]', '],['), '[.]', ',') || ']]'
        end as played_ranges,
        case when named.verb = 'completed' then true end as is_completion,
        try_cast(completion_threshold as double) as completion_threshold,

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

    from named
    left join verbs on named.verb = verbs.verb

)

select * from final
