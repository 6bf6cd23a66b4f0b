-- One row per conversion, with its viewer and what it was worth.
{{ config(materialized='view', meta={'published_by': 'occurred_date'}) }}

with

conversions as (

    select * from {{ ref('int_conversions') }}

),

viewers as (

    select * from {{ ref('int_conversion_viewers') }}

),

final as (

    select
        ---------- ids
        conversions.conversion_id,
        viewers.session_id,
        conversions.workspace_id,
        conversions.source,
        viewers.viewer_id,

        ---------- when and where
        conversions.occurred_at,
        conversions.occurred_date,
        conversions.video_id,
        conversions.node_id,
        conversions.element_id,

        ---------- what
        conversions.value,
        conversions.currency,
        conversions.goal,
        conversions.conversion_kind,
        conversions.order_id,
        conversions.properties

    from conversions
    inner join viewers on conversions.conversion_id = viewers.conversion_id

)

select * from final
