-- Revenue per model and currency of all videos is what all views were credited, and of all campaigns what the views that name one were.
with

earned as (

    {% for thing in ['video', 'campaign'] -%}
        select
            '{{ thing }}' as thing,
            workspace_id,
            attribution_model,
            currency,
            sum(revenue) as revenue,
            sum(credited_conversions) as credited_conversions
        from {{ ref('roi_by_' ~ thing) }}
        group by workspace_id, attribution_model, currency
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

credited as (

    {% for thing, column in [('video', 'video_id'), ('campaign', 'utm_campaign')] -%}
        select
            '{{ thing }}' as thing,
            workspace_id,
            attribution_model,
            currency,
            coalesce(sum(credit), 0) as revenue,
            sum(credit_share) as credited_conversions
        from {{ ref('attribution') }}
        where {{ column }} is not null
        group by workspace_id, attribution_model, currency
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    coalesce(earned.thing, credited.thing) as thing,
    coalesce(earned.attribution_model, credited.attribution_model) as attribution_model,
    coalesce(earned.currency, credited.currency) as currency
from earned
full outer join credited
    on
        earned.thing = credited.thing
        and earned.workspace_id = credited.workspace_id
        and earned.attribution_model = credited.attribution_model
        and earned.currency is not distinct from credited.currency
where
    earned.thing is null
    or coalesce(credited.revenue, 0) <> earned.revenue
    or coalesce(credited.credited_conversions, 0) <> earned.credited_conversions
