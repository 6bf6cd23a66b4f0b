-- One row per session and user its events name (null: none) in which consent to marketing was given or withdrawn: the last word (rule 90).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'session_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

words as (

    select events.* from {{ ref('int_events_sessionized') }} as events
    {{ join_stale_scopes('events', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} events.consent_marketing is not null

),

last_moments as (

    select
        session_key,
        session_started_at,
        user_id,
        max(occurred_at) as stated_at
    from words
    group by session_key, session_started_at, user_id

),

-- players repeat it with every event: only those of the last moment need to be put in order
final as (

    select
        words.session_key,
        words.session_started_at,
        cast(words.session_started_at as date) as started_date,
        words.user_id,
        last_moments.stated_at,
        max_by(words.consent_marketing, {{ event_rank('words') }}) as consent_marketing
    from words
    inner join last_moments
        on
            words.session_key = last_moments.session_key
            and words.session_started_at = last_moments.session_started_at
            and words.user_id is not distinct from last_moments.user_id
            and words.occurred_at = last_moments.stated_at
    group by words.session_key, words.session_started_at, words.user_id, last_moments.stated_at

)

select * from final
