-- One row per question of a quiz, poll or survey and catalog snapshot.
{{ authored_records('questions', {
    'question_id': 'key',
    'video_id': 'identifier',
    'element_id': 'identifier',
    'text': 'text',
    'topic': 'identifier',
    'scale': 'identifier',
    'max_score': 'number',
}) }}
