-- One row per element and stretch of time in which its authored facts stay the same.
{{ config(materialized='table') }}
{% set facts = element_facts() %}
{% set key = ['workspace_id', 'video_id', 'node_id', 'element_id'] %}
with

written as (

    select
        *,
        coalesce(valid_from, cast('0001-01-01 00:00:00' as timestamp)) as written_from,
        coalesce(valid_to, cast('9999-12-31 00:00:00' as timestamp)) as written_to
    from {{ ref('stg_catalog__elements') }}

),

by_snapshot as (

    {{ catalog_versions('written', key + ['written_from'], facts + ['written_to']) }}

),

within_what_is_written as (

    select
        *,
        greatest(valid_from, written_from) as holds_from,
        least(valid_to, written_to) as holds_to
    from by_snapshot
    where greatest(valid_from, written_from) < least(valid_to, written_to)

),

-- where two overlap the later one is meant
followed as (

    select
        *,
        lead(holds_from) over (partition by {{ key | join(', ') }} order by holds_from, written_from) as next_from
    from within_what_is_written

),

final as (

    select
        {{ key | join(', ') }},
        cast(row_number() over (partition by {{ key | join(', ') }} order by holds_from, written_from) as bigint) as version_number,
        {{ facts | join(', ') }},
        holds_from as valid_from,
        least(holds_to, coalesce(next_from, holds_to)) as valid_to
    from followed
    where next_from is null or next_from > holds_from

)

select * from final
