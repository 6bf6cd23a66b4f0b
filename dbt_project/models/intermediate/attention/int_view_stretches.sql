-- One row per unbroken stretch of seconds of a node that a view covered, however often it played them.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'view_started_at', 'scope_date': 'started_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

segments as (

    select segments.* from {{ ref('int_coverage_segments') }} as segments
    {{ join_stale_scopes('segments', 'view_started_at') }}

),

stretches as (

    {{ covered_stretches('segments', ['session_key', 'view_key', 'view_started_at', 'started_date', 'node_id']) }}

),

final as (

    select
        session_key,
        view_key,
        view_started_at,
        started_date,
        node_id,
        stretch_number,
        first_second,
        last_second
    from stretches

)

select * from final
