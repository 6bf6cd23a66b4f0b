-- One row per campaign, currency and attribution model: what the conversions credited to its views were worth, beside what it cost.
{{ config(materialized='table') }}

with

things as (

    select * from {{ ref('dim_campaign') }}

),

credits as (

    select
        *,
        utm_campaign as campaign_id
    from {{ ref('attribution') }}
    where utm_campaign is not null

),

{{ return_on_investment('campaign_id') }}

select * from final
