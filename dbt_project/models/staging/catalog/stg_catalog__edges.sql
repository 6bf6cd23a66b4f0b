-- One row per edge of a video's graph and catalog snapshot.
{{ authored_records('edges', {
    'video_id': 'key',
    'from_node_id': 'key',
    'to_node_id': 'identifier',
    'element_id': 'identifier',
    'is_default': 'flag',
}) }}
