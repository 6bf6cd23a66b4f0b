-- One row per quiz answer: the playback its user was in, which the API does not say, by the latest beacon of that user, entry and date.
{{ config(meta={'reads_across_records': true}) }}
with

loads as (

    select load_id from {{ ref('stg_lake__load_dates') }}

),

answered as (

    select
        event_date,
        user_id,
        entry_id
    from {{ ref('stg_kaltura__records') }}
    -- by the text, which costs less than parsing: some more do no harm
    where record like '%AnswerCuePoint%' or record like '%QuizAnswer%' or record like '%QUIZ_ANSWER%'

),

moments as (

    select
        event_id,
        event_date,
        user_id,
        entry_id,
        is_answer,
        coalesce(occurred_at, received_at) as happened_at,
        case when not is_answer then device_id end as device_id,
        case when not is_answer then playback_id end as playback_id,
        case when not is_answer then video_id end as video_id,
        case when not is_answer and root_entry_id is not null then node_id end as node_id
    from {{ ref('stg_kaltura__records') }}
    where
        (event_date, user_id, entry_id) in (select answered.event_date, answered.user_id, answered.entry_id from answered)
        and load_id in (select loads.load_id from loads)

),

placed as (

    select
        event_id,
        event_date,
        is_answer,
        {% for column in ['device_id', 'playback_id', 'video_id', 'node_id'] -%}
            {{ last_known(column, 'event_date, user_id, entry_id', 'happened_at, event_id') }} as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from moments

),

final as (

    select
        event_id,
        event_date,
        max(device_id) as device_id,
        max(playback_id) as playback_id,
        max(video_id) as video_id,
        max(node_id) as node_id
    from placed
    where is_answer
    group by event_id, event_date

)

select * from final
