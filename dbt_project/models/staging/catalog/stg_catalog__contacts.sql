-- One row per contact and catalog snapshot.
{{ authored_records('contacts', {
    'user_id': 'key',
    'email': 'text',
    'name': 'text',
    'account_id': 'identifier',
    'consent_marketing': 'flag',
}) }}
