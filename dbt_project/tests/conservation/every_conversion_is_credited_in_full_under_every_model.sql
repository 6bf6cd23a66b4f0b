-- The credits of a conversion add up to its value and their shares to 1, to the last digit, under each of the five models; so do those of
-- a currency.
with

credits as (

    select
        conversion_id,
        attribution_model,
        sum(credit) as credit,
        sum(credit_share) as credit_share,
        count(*) as credit_count,
        count(credit) as valued_count,
        count(view_id) as view_count
    from {{ ref('attribution') }}
    group by conversion_id, attribution_model

),

models as (

    select attribution_model from credits
    group by attribution_model

),

expected as (

    select
        conversions.conversion_id,
        models.attribution_model,
        conversions.value
    from {{ ref('fct_conversion') }} as conversions
    cross join models

),

currency_credits as (

    select currency, attribution_model, sum(credit) as amount from {{ ref('attribution') }}
    group by currency, attribution_model

),

currency_values as (

    select currency, sum(value) as amount from {{ ref('fct_conversion') }}
    group by currency

)

select
    coalesce(expected.conversion_id, credits.conversion_id) as conversion_id,
    coalesce(expected.attribution_model, credits.attribution_model) as attribution_model
from expected
full outer join credits
    on expected.conversion_id = credits.conversion_id and expected.attribution_model = credits.attribution_model
where
    expected.conversion_id is null
    or credits.conversion_id is null
    or credits.credit is distinct from expected.value
    or credits.credit_share <> 1
    or credits.valued_count not in (0, credits.credit_count)
    or credits.view_count not in (0, credits.credit_count)
union all
select
    currency_credits.currency as conversion_id,
    currency_credits.attribution_model
from currency_credits
left join currency_values on currency_credits.currency is not distinct from currency_values.currency
where currency_credits.amount is distinct from currency_values.amount
union all
-- no conversion at all has no model; five have all
select
    null as conversion_id,
    min(attribution_model) as attribution_model
from models
having count(*) not in (0, 5)
