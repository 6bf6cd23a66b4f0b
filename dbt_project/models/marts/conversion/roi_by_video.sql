-- One row per video, currency and attribution model: what the conversions credited to its views were worth, beside what it cost.
{{ config(materialized='table') }}

with

things as (

    select * from {{ ref('dim_video') }}

),

credits as (

    select * from {{ ref('attribution') }}
    where video_id is not null

),

{{ return_on_investment('video_id') }}

select * from final
