-- One row per option of a question and catalog snapshot.
{{ authored_records('options', {
    'question_id': 'key',
    'option_id': 'key',
    'text': 'text',
    'is_correct': 'flag',
}) }}
