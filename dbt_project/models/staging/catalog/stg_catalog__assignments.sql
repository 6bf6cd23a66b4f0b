-- One row per learner told to take a video and catalog snapshot.
{{ authored_records('assignments', {
    'user_id': 'key',
    'video_id': 'key',
    'assigned_at': 'time',
    'due_at': 'time',
    'org_unit': 'identifier',
}) }}
