{# The top line over a period (rule 25): unique viewers are counted in the period, never added up. `period` names the column, `period_of`
   turns a date column into it. `thing` is what is reported beside the workspace, a column of the CTE `views`, and `session_thing` the
   column of the CTE `sessions` that says for which one a session counts; what is null in them counts for none. Ends in `final`. #}
{% macro period_kpis(period, period_of, thing=none, session_thing=none) -%}
{% set grain = ['workspace_id'] + ([thing] if thing else []) + [period] %}
{% set completions = ['', '_by_position', '_by_coverage', '_by_event', '_by_emitter_threshold'] %}
{% set bounces = ['bounce', 'bounce_without_interaction', 'quick_bounce'] %}
view_measures as (

    select
        workspace_id,
        {% if thing -%} {{ thing }}, {%- endif %}
        {{ period_of('started_date') }} as {{ period }},
        count(*) as view_count,
        sum(impression_count) as impressions,
        count(*) filter (where is_impression_implied) as implied_impressions,
        count(*) filter (where is_played) as plays,
        count(distinct case when is_played then viewer_id end) as unique_viewers,
        count(distinct case when is_played and viewer_id like 'user:%' then viewer_id end) as unique_authenticated_viewers,
        max(case when is_played and viewer_id not like 'user:%' then 1 else 0 end) as has_anonymous_viewers,
        sum(watch_seconds) as watch_seconds,
        sum(unique_watched_seconds) as unique_watched_seconds,
        count(distinct case when is_played and interaction_count > 0 then viewer_id end) as engaged_viewers,
        count(*) filter (where is_played and interaction_count > 0) as engaged_plays,
        sum(case when nodes_duration_seconds is not null then watch_seconds end) as measurable_watch_seconds,
        sum(nodes_duration_seconds) as nodes_duration_seconds,
        {% for variant in completions -%}
            count(distinct case when is_played and is_completed{{ variant }} then viewer_id end) as completed_viewers{{ variant }}{{ ',' if not loop.last }}
        {% endfor %}
    from views
    {% if thing -%} where {{ thing }} is not null {%- endif %}
    group by workspace_id, {% if thing %}{{ thing }}, {% endif %}{{ period_of('started_date') }}

),

session_measures as (

    select
        workspace_id,
        {% if thing -%} {{ session_thing }} as {{ thing }}, {%- endif %}
        {{ period_of('started_date') }} as {{ period }},
        count(*) as sessions_with_play,
        count(*) filter (where is_bounce) as bounces,
        count(*) filter (where is_bounce_without_interaction) as bounces_without_interaction,
        count(*) filter (where is_quick_bounce) as quick_bounces
    from sessions
    where
        first_played_video_id is not null
        {% if thing -%} and {{ session_thing }} is not null {%- endif %}
    group by workspace_id, {% if thing %}{{ session_thing }}, {% endif %}{{ period_of('started_date') }}

),

keys as (

    select {{ grain | join(', ') }} from view_measures
    union
    select {{ grain | join(', ') }} from session_measures

),

final as (

    select
        ---------- grain
        {% for column in grain -%}
            keys.{{ column }},
        {% endfor %}

        ---------- top line
        coalesce(view_measures.view_count, 0) as view_count,
        cast(coalesce(view_measures.impressions, 0) as bigint) as impressions,
        coalesce(view_measures.implied_impressions, 0) as implied_impressions,
        coalesce(view_measures.plays, 0) as plays,
        cast(view_measures.plays as double) / nullif(view_measures.impressions, 0) as play_rate,
        coalesce(view_measures.unique_viewers, 0) as unique_viewers,
        coalesce(view_measures.unique_authenticated_viewers, 0) as unique_authenticated_viewers,
        cast(coalesce(view_measures.unique_authenticated_viewers + view_measures.has_anonymous_viewers, 0) as bigint)
            as unique_viewers_anonymous_as_one,
        {{ rounded_seconds('coalesce(view_measures.watch_seconds, 0)') }} as watch_seconds,
        {{ rounded_seconds('coalesce(view_measures.unique_watched_seconds, 0)') }} as unique_watched_seconds,
        {{ rounded_seconds('coalesce(view_measures.watch_seconds, 0)') }} / 60 as minutes_viewed,
        {{ rounded_seconds('view_measures.watch_seconds') }} / nullif(view_measures.plays, 0) as average_view_seconds,

        ---------- engagement
        coalesce(view_measures.engaged_viewers, 0) as engaged_viewers,
        cast(view_measures.engaged_viewers as double) / nullif(view_measures.unique_viewers, 0) as engagement_rate,
        coalesce(view_measures.engaged_plays, 0) as engaged_plays,
        cast(view_measures.engaged_plays as double) / nullif(view_measures.plays, 0) as view_engagement_rate,
        {{ rounded_seconds('view_measures.measurable_watch_seconds') }}
        / nullif({{ rounded_seconds('view_measures.nodes_duration_seconds') }}, 0) as attention_rate,

        ---------- completion
        {% for variant in completions -%}
            coalesce(view_measures.completed_viewers{{ variant }}, 0) as completed_viewers{{ variant }},
            cast(view_measures.completed_viewers{{ variant }} as double) / nullif(view_measures.unique_viewers, 0) as completion_rate{{ variant }},
        {% endfor %}

        ---------- bounce
        coalesce(session_measures.sessions_with_play, 0) as sessions_with_play,
        {% for bounce in bounces -%}
            coalesce(session_measures.{{ bounce | replace('bounce', 'bounces') }}, 0) as {{ bounce | replace('bounce', 'bounces') }},
            cast(session_measures.{{ bounce | replace('bounce', 'bounces') }} as double)
            / nullif(session_measures.sessions_with_play, 0) as {{ bounce | replace('bounce', 'bounce_rate') }}{{ ',' if not loop.last }}
        {% endfor %}

    from keys
    left join view_measures
        on
            {% for column in grain -%}
                {{ 'and ' if not loop.first }}keys.{{ column }} = view_measures.{{ column }}
            {% endfor %}
    left join session_measures
        on
            {% for column in grain -%}
                {{ 'and ' if not loop.first }}keys.{{ column }} = session_measures.{{ column }}
            {% endfor %}

)
{%- endmacro %}

{% macro day_of(column) -%}{{ column }}{%- endmacro %}

{% macro month_of(column) -%}cast(date_trunc('month', {{ column }}) as date){%- endmacro %}
