-- One row per interactive element of a node and catalog snapshot; one written with several valid_from has a row for each.
{{ authored_records('elements', {
    'video_id': 'key',
    'node_id': 'key',
    'element_id': 'key',
    'element_type': 'identifier',
    'name': 'text',
    'from_seconds': 'number',
    'to_seconds': 'number',
    'box_x': 'number',
    'box_y': 'number',
    'box_width': 'number',
    'box_height': 'number',
    'to_node_id': 'identifier',
    'destination_url': 'identifier',
    'valid_from': 'time',
    'valid_to': 'time',
}) }}
