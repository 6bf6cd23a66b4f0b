-- One row per second of a node that anybody covered: how many views were playing it, how many of them were lost there, and how many are
-- still there of those that began (rule 58).
{{ config(materialized='table') }}

with

heatmap as (

    select * from {{ ref('attention_heatmap') }}

),

losses as (

    select
        workspace_id,
        video_id,
        node_id,
        second,
        sum(lost) as lost,
        sum(lost_seen) as lost_seen,
        sum(left_by_choice) as left_by_choice
    from {{ ref('int_departure_days') }}
    group by workspace_id, video_id, node_id, second

),

hazards as (

    select
        heatmap.workspace_id,
        heatmap.video_id,
        heatmap.node_id,
        heatmap.second,
        heatmap.views as at_risk,
        cast(coalesce(losses.lost, 0) as bigint) as lost,
        cast(coalesce(losses.lost_seen, 0) as bigint) as lost_seen,
        cast(coalesce(losses.left_by_choice, 0) as bigint) as left_by_choice
    from heatmap
    left join losses
        on
            heatmap.workspace_id = losses.workspace_id
            and heatmap.video_id = losses.video_id
            and heatmap.node_id = losses.node_id
            and heatmap.second = losses.second

),

running as (

    select
        *,
        sum(case when lost < at_risk then ln(1 - cast(lost as double) / at_risk) else 0 end) over (
            partition by workspace_id, video_id, node_id
            order by second
            rows between unbounded preceding and current row
        ) as log_survival,
        max(case when lost < at_risk then 0 else 1 end) over (
            partition by workspace_id, video_id, node_id
            order by second
            rows between unbounded preceding and current row
        ) as is_extinct
    from hazards

),

final as (

    select
        workspace_id,
        video_id,
        node_id,
        second,
        at_risk,
        lost,
        lost_seen,
        left_by_choice,
        cast(lost as double) / at_risk as hazard,
        -- every engine adds logarithms up to other last places
        case when is_extinct = 1 then 0 else floor(exp(log_survival) * 1000000000 + 0.5) / 1000000000 end as survival
    from running

)

select * from final
