-- One row per goal, a funnel of steps, and catalog snapshot; its steps are the JSON text of a list.
{{ authored_records('goals', {
    'goal_id': 'key',
    'name': 'text',
    'window_hours': 'number',
    'is_ordered': 'flag',
    'is_strict': 'flag',
    'is_increasing': 'flag',
    'is_closed': 'flag',
    'steps': 'text',
}) }}
