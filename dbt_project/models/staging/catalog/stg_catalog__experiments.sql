-- One row per experiment and catalog snapshot; its variants are the JSON text of a list.
{{ authored_records('experiments', {
    'experiment_id': 'key',
    'name': 'text',
    'video_id': 'identifier',
    'unit': 'identifier',
    'metric': 'identifier',
    'variants': 'text',
    'starts_at': 'time',
    'ends_at': 'time',
}) }}
