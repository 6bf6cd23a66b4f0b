-- One row per learner and learning video: how far they are, what they scored, whether they need help (rule 47).
{{ config(materialized='table') }}

with

videos as (

    select * from {{ ref('dim_video') }}

),

questions as (

    select * from {{ ref('int_asked_questions') }}
    where kind = 'quiz'

),

assignments as (

    select * from {{ ref('int_assignments') }}

),

learner_questions as (

    select * from {{ ref('int_learner_questions') }}

),

answers as (

    select * from {{ ref('int_graded_answers') }}
    where kind = 'quiz' and video_id is not null and question_id is not null

),

learning_videos as (

    select workspace_id, video_id from videos
    where {{ lowercase('kind') }} = 'learning'
    union
    select workspace_id, video_id from questions
    where video_id is not null
    union
    select workspace_id, video_id from assignments

),

views as (

    select
        views.workspace_id,
        views.video_id,
        views.viewer_id,
        views.started_at,
        views.ended_at,
        views.percent_watched,
        views.watch_seconds,
        -- where the catalog leaves open what was required, the emitter's word counts
        coalesce(views.is_completed, views.is_completed_by_event) as is_completed,
        views.is_played or views.watch_seconds > 0 or coalesce(views.is_completed, views.is_completed_by_event) as is_attempt
    from {{ ref('fct_view') }} as views
    inner join learning_videos on views.workspace_id = learning_videos.workspace_id and views.video_id = learning_videos.video_id

),

-- what is told of a workspace ends here: nobody is late by a clock that the data do not know
workspaces as (

    select
        workspace_id,
        max(session_ended_at) as data_until
    from {{ ref('int_sessions') }}
    group by workspace_id

),

watching as (

    select
        workspace_id,
        video_id,
        viewer_id,
        min(started_at) as first_watched_at,
        max(ended_at) as last_watched_at,
        count(*) as attempt_count,
        max(percent_watched) as percent_watched,
        sum(watch_seconds) as watch_seconds,
        min(case when is_completed then ended_at end) as completed_at
    from views
    where is_attempt
    group by workspace_id, video_id, viewer_id

),

answering as (

    select
        workspace_id,
        video_id,
        viewer_id,
        min(occurred_at) as first_answered_at,
        max(occurred_at) as last_answered_at,
        count(*) as answer_count
    from answers
    group by workspace_id, video_id, viewer_id

),

scoring as (

    select
        workspace_id,
        video_id,
        viewer_id,
        count(*) as question_count,
        count(*) filter (where graded_answer_count > 0) as answered_question_count,
        sum({{ scaled_integer('points', 1000) }} * {{ scaled_integer('coalesce(best_share, 0)', 1000000) }}) as best_points,
        sum({{ scaled_integer('points', 1000) }} * {{ scaled_integer('coalesce(last_share, 0)', 1000000) }}) as last_points,
        sum({{ scaled_integer('points', 1000) }}) as full_points
    from learner_questions
    where video_id is not null
    group by workspace_id, video_id, viewer_id

),

keys as (

    select workspace_id, video_id, viewer_id from watching
    union
    select workspace_id, video_id, viewer_id from answering
    union
    select workspace_id, video_id, viewer_id from assignments

),

facts as (

    select
        keys.workspace_id,
        keys.video_id,
        keys.viewer_id,
        assignments.viewer_id is not null as is_assigned,
        assignments.org_unit,
        assignments.assigned_at,
        assignments.due_at,
        workspaces.data_until,
        coalesce(watching.attempt_count, 0) as attempt_count,
        -- least and greatest pass over a null
        least(watching.first_watched_at, answering.first_answered_at) as started_at,
        greatest(watching.last_watched_at, answering.last_answered_at) as last_activity_at,
        watching.completed_at,
        watching.percent_watched,
        coalesce(watching.watch_seconds, 0) as watch_seconds,
        coalesce(answering.answer_count, 0) as answer_count,
        coalesce(scoring.question_count, 0) as question_count,
        coalesce(scoring.answered_question_count, 0) as answered_question_count,
        {{ rounded_share('cast(scoring.best_points as double) / nullif(cast(scoring.full_points as double), 0) / 1000000') }} as best_score,
        {{ rounded_share('cast(scoring.last_points as double) / nullif(cast(scoring.full_points as double), 0) / 1000000') }} as last_score
    from keys
    left join assignments
        on
            keys.workspace_id = assignments.workspace_id
            and keys.video_id = assignments.video_id
            and keys.viewer_id = assignments.viewer_id
    left join watching
        on keys.workspace_id = watching.workspace_id and keys.video_id = watching.video_id and keys.viewer_id = watching.viewer_id
    left join answering
        on keys.workspace_id = answering.workspace_id and keys.video_id = answering.video_id and keys.viewer_id = answering.viewer_id
    left join scoring
        on keys.workspace_id = scoring.workspace_id and keys.video_id = scoring.video_id and keys.viewer_id = scoring.viewer_id
    left join workspaces on keys.workspace_id = workspaces.workspace_id

),

judged as (

    select
        *,
        started_at is not null as has_started,
        completed_at is not null as is_completed,
        completed_at is not null and (best_score is null or best_score >= {{ var('pass_share') }}) as is_done
    from facts

),

timed as (

    select
        *,
        coalesce(not is_done and due_at < data_until, false) as is_overdue,
        coalesce(
            not is_done and due_at >= data_until and due_at <= data_until + interval '{{ var("due_soon_days") }}' day, false
        ) as is_due_soon,
        coalesce(
            not is_done and has_started and last_activity_at < data_until - interval '{{ var("stalled_days") }}' day, false
        ) as is_stalled
    from judged

),

final as (

    select
        ---------- grain
        workspace_id,
        video_id,
        viewer_id,

        ---------- assignment
        is_assigned,
        org_unit,
        assigned_at,
        due_at,

        ---------- where they stand
        case
            when is_done and best_score is not null then 'passed'
            when is_done then 'completed'
            when is_completed then 'failed'
            when is_overdue then 'overdue'
            when has_started then 'in_progress'
            else 'not_started'
        end as status,
        has_started,
        is_completed,
        is_done,
        is_overdue,
        case when is_done and due_at is not null then completed_at > due_at end as is_late,

        ---------- score
        question_count,
        answered_question_count,
        answer_count,
        best_score,
        last_score,

        ---------- watching
        attempt_count,
        percent_watched,
        {{ rounded_seconds('watch_seconds') }} as watch_seconds,
        started_at,
        completed_at,
        last_activity_at,
        data_until,

        ---------- help
        is_overdue or (is_completed and not is_done) or is_due_soon or is_stalled as is_at_risk,
        case
            when is_overdue then 'overdue'
            when is_completed and not is_done then 'failed'
            when is_due_soon then 'due_soon'
            when is_stalled then 'stalled'
        end as risk_reason

    from timed

)

select * from final
