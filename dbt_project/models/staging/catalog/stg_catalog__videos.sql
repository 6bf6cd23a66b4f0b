-- One row per video and catalog snapshot.
{{ authored_records('videos', {
    'video_id': 'key',
    'title': 'text',
    'kind': 'text',
    'start_node_id': 'identifier',
    'cost': 'decimal',
    'currency': 'text',
    'published_at': 'time',
}) }}
