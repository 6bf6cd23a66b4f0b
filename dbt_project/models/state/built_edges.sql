-- One row per edge version that the last finished run was built with.
{{ commit_after_everything() }}

select * from {{ ref('int_edge_versions') }}
