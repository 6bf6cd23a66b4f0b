-- One row per video and day (UTC, of the view's start) with any activity: the ten KPIs and their variants side by side (rule 88).
{{ config(materialized='table') }}
{% set grain = ['workspace_id', 'video_id', 'date_day'] %}
with

days as (

    select * from {{ ref('kpi_video_daily') }}

),

click_through as (

    select * from {{ ref('video_click_through') }}

),

action_rates as (

    select * from {{ ref('action_rate_daily') }}

),

click_days as (

    select * from {{ ref('int_click_days') }}

),

departure_days as (

    select * from {{ ref('int_departure_days') }}

),

transition_days as (

    select * from {{ ref('int_transition_days') }}

),

edges as (

    select * from {{ ref('int_edges') }}

),

graphs as (

    select workspace_id, video_id from edges
    group by workspace_id, video_id

),

answers as (

    select * from {{ ref('int_graded_answers') }}

),

questions as (

    select * from {{ ref('int_asked_questions') }}

),

clicks as (

    select
        workspace_id,
        video_id,
        started_date as date_day,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(hits) as bigint) as hits,
        cast(sum(near_misses) as bigint) as near_misses,
        cast(sum(false_clicks) as bigint) as false_clicks
    from click_days
    group by workspace_id, video_id, started_date

),

departures as (

    select
        workspace_id,
        video_id,
        started_date as date_day,
        cast(sum(lost_plays) as bigint) as lost_plays
    from departure_days
    group by workspace_id, video_id, started_date

),

steps as (

    select
        transition_days.workspace_id,
        transition_days.video_id,
        transition_days.started_date,
        transition_days.transition_count,
        transition_days.chosen_count,
        transition_days.default_count,
        transition_days.unexplained_count,
        {{ entered_by_edge('edges', 'graphs') }} as entered_by
    from transition_days
    left join graphs on transition_days.workspace_id = graphs.workspace_id and transition_days.video_id = graphs.video_id
    left join edges
        on
            transition_days.workspace_id = edges.workspace_id
            and transition_days.video_id = edges.video_id
            and transition_days.from_node_id = edges.from_node_id
            and transition_days.to_node_id = edges.to_node_id
    where transition_days.from_node_id is not null and transition_days.to_node_id is not null

),

moves as (

    select
        workspace_id,
        video_id,
        started_date as date_day,
        cast(sum(transition_count) as bigint) as moves,
        {% for kind in ['chosen', 'default'] -%}
            cast(sum(
                {{ kind }}_count + case when entered_by = '{{ kind }}' then unexplained_count else 0 end
            ) as bigint) as {{ kind }}_moves{{ ',' if not loop.last }}
        {% endfor %}
    from steps
    group by workspace_id, video_id, started_date

),

rated_answers as (

    select
        answers.*,
        cast(answers.view_started_at as date) as date_day,
        questions.scale,
        answers.is_last_attempt
        and (
            (questions.scale = 'nps' and answers.rating_thousandths between 0 and 10000)
            or (questions.scale = 'csat' and answers.rating_thousandths between 1000 and 5000)
        ) as is_rating
    from answers
    left join questions on answers.question_key = questions.question_key
    where answers.view_key is not null

),

responses as (

    select
        {{ grain | join(', ') }},
        count(*) filter (where kind = 'quiz' and attempt_number = 1 and is_correct is not null) as judged_first_answers,
        count(*) filter (where kind = 'quiz' and attempt_number = 1 and is_correct) as correct_first_answers,
        count(*) filter (where kind = 'poll') as poll_answers,
        count(*) filter (where kind = 'survey') as survey_responses,
        count(*) filter (where is_rating and scale = 'nps') as nps_ratings,
        count(*) filter (where is_rating and scale = 'nps' and rating_thousandths >= 9000) as promoters,
        count(*) filter (where is_rating and scale = 'nps' and rating_thousandths <= 6000) as detractors,
        count(*) filter (where is_rating and scale = 'csat') as csat_ratings,
        count(*) filter (where is_rating and scale = 'csat' and rating_thousandths >= 4000) as satisfied
    from rated_answers
    group by {{ grain | join(', ') }}

),

final as (

    select
        ---------- grain
        {% for column in grain -%}
            days.{{ column }},
        {% endfor %}
        ---------- who watched
        days.plays,
        days.unique_viewers,

        ---------- 1 engagement
        days.engagement_rate,
        days.view_engagement_rate,
        days.attention_rate,

        ---------- 2 completion
        days.completion_rate,
        days.completion_rate_by_position,
        days.completion_rate_by_coverage,
        days.completion_rate_by_event,
        days.completion_rate_by_emitter_threshold,

        ---------- 3 clicks on the frame
        coalesce(clicks.clicks, 0) as clicks,
        coalesce(clicks.hits, 0) as hits,

        ---------- 4 click-through
        coalesce(click_through.exposed_viewers, 0) as exposed_viewers,
        coalesce(click_through.clicking_viewers, 0) as clicking_viewers,
        click_through.click_through_rate,
        click_through.view_click_through_rate,
        coalesce(action_rates.converted_viewers, 0) as converted_viewers,
        action_rates.action_rate_after_interaction,

        ---------- 5 drop-off
        coalesce(departures.lost_plays, 0) as lost_plays,
        cast(coalesce(departures.lost_plays, 0) as double) / nullif(days.plays, 0) as drop_off_rate,

        ---------- 6 quizzes and polls
        coalesce(responses.judged_first_answers, 0) as judged_first_answers,
        coalesce(responses.correct_first_answers, 0) as correct_first_answers,
        cast(responses.correct_first_answers as double) / nullif(responses.judged_first_answers, 0) as correct_rate,
        coalesce(responses.poll_answers, 0) as poll_answers,

        ---------- 7 paths
        coalesce(moves.moves, 0) as moves,
        coalesce(moves.chosen_moves, 0) as chosen_moves,
        cast(moves.chosen_moves as double) / nullif(moves.chosen_moves + moves.default_moves, 0) as choice_rate,

        ---------- 8 feedback
        coalesce(responses.survey_responses, 0) as survey_responses,
        coalesce(responses.nps_ratings, 0) as nps_ratings,
        100 * cast(responses.promoters - responses.detractors as double) / nullif(responses.nps_ratings, 0) as nps,
        coalesce(responses.csat_ratings, 0) as csat_ratings,
        cast(responses.satisfied as double) / nullif(responses.csat_ratings, 0) as csat,

        ---------- 9 bounce
        days.bounce_rate,
        days.bounce_rate_without_interaction,
        days.quick_bounce_rate,

        ---------- 10 false clicks
        coalesce(clicks.false_clicks, 0) as false_clicks,
        coalesce(clicks.near_misses, 0) as near_misses,
        cast(clicks.false_clicks as double) / nullif(clicks.hits + clicks.near_misses + clicks.false_clicks, 0) as false_click_rate

    from days
    {% for part in ['click_through', 'action_rates', 'clicks', 'departures', 'responses', 'moves'] -%}
        left join {{ part }}
            on
                days.workspace_id = {{ part }}.workspace_id
                and days.video_id = {{ part }}.video_id
                and days.date_day = {{ part }}.date_day
    {% endfor %}

)

select * from final
