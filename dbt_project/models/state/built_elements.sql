-- One row per element version that the last finished run was built with.
{{ commit_after_everything() }}

select * from {{ ref('int_element_versions') }}
