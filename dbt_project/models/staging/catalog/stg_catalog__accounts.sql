-- One row per company and catalog snapshot.
{{ authored_records('accounts', {
    'account_id': 'key',
    'name': 'text',
    'domain': 'identifier',
}) }}
