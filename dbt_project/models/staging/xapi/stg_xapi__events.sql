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
        {{ lowercase("regexp_replace(verb_id, '^.*/', '')") }} as verb
    from statements

),

translated as (

    select
        named.*,
        verbs.event_type as known_event_type
    from named
    left join verbs on named.verb = verbs.verb

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
        coalesce(session_id, registration) as playback_id,
        cast(null as bigint) as sequence_number,
        object_id as video_id,
        object_id as node_id,

        -- a seek says where it came from and went to; every other verb says where it happened
        case when known_event_type = 'seek' then null else {{ number_from_text('time') }} end as position_seconds,
        {{ number_from_text('time_from') }} as position_from_seconds,
        {{ number_from_text('time_to') }} as position_to_seconds,
        {{ number_from_text("replace(lower(speed), 'x', '')") }} as playback_rate,
        coalesce({{ number_from_text('context_length') }}, {{ number_from_text('result_length') }}) as duration_seconds,

        cast(null as {{ string_type() }}) as element_id,
        cast(null as {{ string_type() }}) as element_type,
        cast(null as {{ string_type() }}) as to_node_id,
        cast(null as {{ string_type() }}) as destination_url,
        {{ json_string_list('response') }} as response,
        {{ boolean_from_text('success') }} as is_correct,
        {{ number_from_text('score_raw') }} as score,
        {{ number_from_text('score_max') }} as max_score,

        {{ played_ranges_of('played_segments') }} as played_ranges,
        case when verb = 'completed' then true end as is_completion,
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
