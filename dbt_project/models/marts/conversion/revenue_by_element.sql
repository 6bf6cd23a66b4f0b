-- One row per element, currency and attribution model: the credit of the views in which it was the last thing the viewer acted on.
{{ config(materialized='table') }}

with

credits as (

    select * from {{ ref('attribution') }}
    where is_attributed

),

touches as (

    select * from {{ ref('int_conversion_views') }}

),

conversions as (

    select * from {{ ref('int_conversion_viewers') }}

),

interactions as (

    select * from {{ ref('int_actions') }}
    where is_interaction and element_id is not null and view_key is not null

),

last_elements as (

    select
        touches.conversion_id,
        touches.view_id,
        max_by(interactions.node_id, {{ event_rank('interactions') }}) as node_id,
        max_by(interactions.element_id, {{ event_rank('interactions') }}) as element_id
    from touches
    inner join conversions on touches.conversion_id = conversions.conversion_id
    inner join interactions
        on
            touches.view_key = interactions.view_key
            and touches.view_started_at = interactions.view_started_at
            and conversions.occurred_at > interactions.occurred_at
    group by touches.conversion_id, touches.view_id

),

final as (

    select
        ---------- grain
        credits.workspace_id,
        credits.video_id,
        last_elements.node_id,
        last_elements.element_id,
        credits.currency,
        credits.attribution_model,

        ---------- measures
        cast(coalesce(sum(credits.credit), 0) as decimal(20, 6)) as revenue,
        count(distinct credits.conversion_id) as conversions,
        cast(sum(credits.credit_share) as decimal(20, 9)) as credited_conversions,
        count(distinct credits.viewer_id) as converting_viewers

    from credits
    inner join last_elements on credits.conversion_id = last_elements.conversion_id and credits.view_id = last_elements.view_id
    group by
        credits.workspace_id, credits.video_id, last_elements.node_id, last_elements.element_id, credits.currency, credits.attribution_model

)

select * from final
