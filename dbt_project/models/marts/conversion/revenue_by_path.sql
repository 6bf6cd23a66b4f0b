-- One row per path through a video, currency and attribution model: the credit of the views that took it (rule 89).
{{ config(materialized='table') }}
{% set grain = ['workspace_id', 'video_id', 'path_key', 'currency', 'attribution_model'] %}
with

credits as (

    select * from {{ ref('attribution') }}
    where is_attributed

),

views as (

    select view_id, view_key, view_started_at from {{ ref('int_views') }}

),

paths as (

    select * from {{ ref('int_view_paths') }}

),

owned as (

    select
        credits.*,
        paths.path_key,
        paths.path
    from credits
    inner join views on credits.view_id = views.view_id
    inner join paths on views.view_key = paths.view_key and views.view_started_at = paths.view_started_at

),

final as (

    select
        ---------- grain
        {% for column in grain -%}
            {{ column }},
        {% endfor -%}
        min(path) as path,

        ---------- measures
        cast(coalesce(sum(credit), 0) as decimal(20, 6)) as revenue,
        count(distinct conversion_id) as conversions,
        cast(sum(credit_share) as decimal(20, 9)) as credited_conversions,
        count(distinct viewer_id) as converting_viewers

    from owned
    group by {{ grain | join(', ') }}

)

select * from final
