-- One row per node with an outgoing edge and stretch of time in which it has one.
{{ config(materialized='table') }}

{{ catalog_versions(ref('stg_catalog__edges'), ['workspace_id', 'video_id', 'from_node_id'], []) }}
