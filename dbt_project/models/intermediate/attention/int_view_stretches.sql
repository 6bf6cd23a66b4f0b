-- One row per unbroken stretch of seconds of a node that a view covered, however often it played them.
{{ config(materialized='table') }}

{{ covered_stretches(ref('int_coverage_segments'), ['workspace_id', 'video_id', 'node_id', 'viewer_id', 'view_key', 'view_started_at']) }}
