{# What the audience is looked at by, beside the whole workspace (rule 81): the name of a slice and the column whose value it is. #}
{% macro slices() %}
    {{ return({
        'workspace': 'workspace_id',
        'video': 'video_id',
        'campaign': 'utm_campaign',
        'device_type': 'device_type',
        'country': 'country',
    }) }}
{% endmacro %}
