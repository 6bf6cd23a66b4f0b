-- One row per load and event date that the last finished run holds, plus one that names the run even when it holds nothing.
-- This is the commit: it is written last, and gives the scope journal of the run that it closes its end.
{{ commit_after_everything() }}
-- depends_on: {{ ref('built_nodes') }}
-- depends_on: {{ ref('built_edges') }}
-- depends_on: {{ ref('built_elements') }}
-- depends_on: {{ ref('built_device_users') }}

select
    current_loads.source,
    current_loads.event_date,
    current_loads.load_id,
    current_loads.content_id,
    cast('{{ invocation_id }}' as {{ string_type() }}) as version,
    last_finished_run.version as base_version
from {{ ref('current_loads') }} as current_loads
cross join {{ ref('last_finished_run') }} as last_finished_run

union all

select
    cast(null as {{ string_type() }}) as source,
    cast(null as date) as event_date,
    cast(null as {{ string_type() }}) as load_id,
    cast(null as {{ string_type() }}) as content_id,
    cast('{{ invocation_id }}' as {{ string_type() }}) as version,
    last_finished_run.version as base_version
from {{ ref('last_finished_run') }} as last_finished_run
