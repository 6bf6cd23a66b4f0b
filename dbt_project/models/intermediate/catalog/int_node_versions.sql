-- One row per node and stretch of time in which its authored facts stay the same.
{{ config(materialized='table') }}

{{ catalog_versions(ref('stg_catalog__nodes'), ['workspace_id', 'video_id', 'node_id'], ['title', 'duration_seconds']) }}
