{# Puts a model behind every model that reads the stale lists, so that it tells the truth when it says that a run is finished.
   A run that leaves any of them out cannot finish anything: it is refused before it could forget what is still stale. #}
{% macro commit_after_everything() %}
    -- depends_on: {{ ref('kpi_video_daily') }}
    -- depends_on: {{ ref('kpi_video_monthly') }}
    -- depends_on: {{ ref('attention_heatmap') }}
    -- depends_on: {{ ref('retention_curve') }}
    -- depends_on: {{ ref('fct_interaction') }}
    -- depends_on: {{ ref('fct_watched_segment') }}
    -- depends_on: {{ ref('dim_viewer') }}
    -- depends_on: {{ ref('dim_contact') }}
    -- depends_on: {{ ref('dim_node') }}
    -- depends_on: {{ ref('dim_date') }}
    -- depends_on: {{ ref('tracker_health') }}
    -- depends_on: {{ ref('load') }}
    -- depends_on: {{ ref('dim_element') }}
    -- depends_on: {{ ref('element_performance') }}
    -- depends_on: {{ ref('video_click_through') }}
    -- depends_on: {{ ref('click_heatmap') }}
    -- depends_on: {{ ref('false_click') }}
    -- depends_on: {{ ref('suggested_hotspot') }}
    -- depends_on: {{ ref('question_result') }}
    -- depends_on: {{ ref('option_result') }}
    -- depends_on: {{ ref('poll_result') }}
    -- depends_on: {{ ref('survey_result') }}
    -- depends_on: {{ ref('survey_distribution') }}
    -- depends_on: {{ ref('survey_response') }}
    -- depends_on: {{ ref('learner_progress') }}
    -- depends_on: {{ ref('training_compliance') }}
    -- depends_on: {{ ref('knowledge_gap') }}
    -- depends_on: {{ ref('topic_result') }}
    -- depends_on: {{ ref('catalog_finding') }}
    -- depends_on: {{ ref('fct_node_visit') }}
    -- depends_on: {{ ref('path_transition') }}
    -- depends_on: {{ ref('viewer_path') }}
    -- depends_on: {{ ref('path_summary') }}
    -- depends_on: {{ ref('node_performance') }}
    -- depends_on: {{ ref('kpi_node_daily') }}
    -- depends_on: {{ ref('survival_curve') }}
    -- depends_on: {{ ref('drop_off_point') }}
    -- depends_on: {{ ref('funnel_step') }}
    -- depends_on: {{ ref('dim_variant') }}
    -- depends_on: {{ ref('experiment_result') }}
    -- depends_on: {{ ref('dim_campaign') }}
    -- depends_on: {{ ref('fct_conversion') }}
    -- depends_on: {{ ref('attribution') }}
    -- depends_on: {{ ref('roi_by_video') }}
    -- depends_on: {{ ref('roi_by_campaign') }}
    -- depends_on: {{ ref('revenue_by_element') }}
    -- depends_on: {{ ref('revenue_by_path') }}
    -- depends_on: {{ ref('action_rate_daily') }}
    -- depends_on: {{ ref('kpi_campaign_daily') }}
    -- depends_on: {{ ref('kpi_workspace_daily') }}
    -- depends_on: {{ ref('viewer_return') }}
    -- depends_on: {{ ref('kpi_period_comparison') }}
    -- depends_on: {{ ref('kpi_scorecard_daily') }}
    {% if execute and flags.WHICH in ['run', 'build'] %}
        {% set missing = [] %}
        {% for node in graph.nodes.values() if node.resource_type == 'model' and node.config.materialized == 'incremental' %}
            {% if node.unique_id not in selected_resources %}{% do missing.append(node.name) %}{% endif %}
        {% endfor %}
        {% if missing %}
            {{ exceptions.raise_compiler_error(
                'A run cannot be finished without ' ~ missing | join(', ') ~ '. Select everything, or leave out the built_ models: --exclude "built_*".'
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}
