-- One row per campaign and catalog snapshot. Events name it as utm_campaign.
{{ authored_records('campaigns', {
    'campaign_id': 'key',
    'name': 'text',
    'channel': 'text',
    'cost': 'decimal',
    'currency': 'text',
    'starts_on': 'time',
    'ends_on': 'time',
}) }}
