-- One row per workspace: the dates that are shown, and since when anything is recorded.
select
    'all' as site,
    workspace_id,
    file_key(workspace_id) as file_key,
    first_date,
    last_date,
    recorded_since
from shown_days
order by workspace_id;
