{# What surrounds a view: where it came from, what it ran on, which variant it was shown (rule 11). #}
{% macro context_columns() %}
    {{ return([
        'utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content', 'referrer', 'page_url',
        'experiment_id', 'variant_id', 'device_type', 'os', 'browser', 'country', 'player_version'
    ]) }}
{% endmacro %}
