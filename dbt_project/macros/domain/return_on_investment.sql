{# What the things that money was spent on brought (rules 76, 77). Expects the CTEs `things` (workspace_id, `thing`, cost, currency) and
   `credits` (attribution rows that name a `thing`); ends in `final`. #}
{% macro return_on_investment(thing) -%}
revenues as (

    select
        workspace_id,
        {{ thing }},
        attribution_model,
        currency,
        sum(credit) as revenue,
        sum(credit_share) as credited_conversions,
        count(distinct conversion_id) as conversions,
        count(distinct viewer_id) as converting_viewers
    from credits
    group by workspace_id, {{ thing }}, attribution_model, currency

),

costs as (

    select
        workspace_id,
        {{ thing }},
        cost,
        {{ currency_code('currency') }} as currency
    from things
    where cost is not null

),

currencies as (

    select workspace_id, {{ thing }}, currency from costs
    union
    select workspace_id, {{ thing }}, currency from revenues

),

currency_counts as (

    select
        workspace_id,
        {{ thing }},
        count(*) as currency_count
    from currencies
    group by workspace_id, {{ thing }}

),

models as (

    {% for model in attribution_weights() -%}
        select '{{ model }}' as attribution_model
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        ---------- grain
        currencies.workspace_id,
        currencies.{{ thing }},
        currencies.currency,
        models.attribution_model,

        ---------- money
        cast(coalesce(revenues.revenue, 0) as decimal(20, 6)) as revenue,
        costs.cost,
        case
            when currencies.currency is not null
                then cast(coalesce(revenues.revenue, 0) - costs.cost as double) / nullif(cast(costs.cost as double), 0)
        end as roi,
        currency_counts.currency_count > 1 as has_other_currencies,

        ---------- conversions
        coalesce(revenues.conversions, 0) as conversions,
        cast(coalesce(revenues.credited_conversions, 0) as decimal(20, 9)) as credited_conversions,
        coalesce(revenues.converting_viewers, 0) as converting_viewers

    from currencies
    cross join models
    inner join currency_counts
        on currencies.workspace_id = currency_counts.workspace_id and currencies.{{ thing }} = currency_counts.{{ thing }}
    left join costs
        on
            currencies.workspace_id = costs.workspace_id
            and currencies.{{ thing }} = costs.{{ thing }}
            and currencies.currency is not distinct from costs.currency
    left join revenues
        on
            currencies.workspace_id = revenues.workspace_id
            and currencies.{{ thing }} = revenues.{{ thing }}
            and currencies.currency is not distinct from revenues.currency
            and models.attribution_model = revenues.attribution_model

)
{%- endmacro %}
