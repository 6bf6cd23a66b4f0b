-- One row per unbroken stretch of seconds of a node that a viewer covered, in whatever views.
{{ config(materialized='table') }}

{{ covered_stretches(ref('int_view_stretches'), ['workspace_id', 'video_id', 'node_id', 'viewer_id']) }}
