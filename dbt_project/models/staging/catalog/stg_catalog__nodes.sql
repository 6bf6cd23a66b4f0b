-- One row per node and catalog snapshot.
{{ authored_records('nodes', {
    'video_id': 'key',
    'node_id': 'key',
    'title': 'text',
    'duration_seconds': 'seconds',
}) }}
