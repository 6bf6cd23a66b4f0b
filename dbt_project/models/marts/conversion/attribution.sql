-- One row per conversion, attribution model and credited view; a conversion without an eligible view has one row per model without a view.
{{ config(materialized='table') }}

with

conversions as (

    select * from {{ ref('fct_conversion') }}

),

views as (

    select * from {{ ref('int_views') }}

),

touches as (

    select
        *,
        {{ seconds_between(
            'view_started_at',
            'max(view_started_at) over (partition by conversion_id)'
        ) }} as seconds_before_last
    from {{ ref('int_conversion_views') }}

),

weighted as (

    {% for model, weight in attribution_weights().items() -%}
        select
            conversion_id,
            '{{ model }}' as attribution_model,
            view_id,
            view_key,
            view_started_at,
            touch_number,
            touch_count,
            cast({{ weight }} as bigint) as weight
        from touches
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

shared as (

    select
        *,
        cast(floor(
            cast(weight as double) / sum(weight) over (partition by conversion_id, attribution_model) * 1000000000 + 0.5
        ) as bigint) as billionths,
        touch_number = max(touch_number) over (partition by conversion_id, attribution_model) as is_last
    from weighted
    where weight > 0

),

rounded_shares as (

    select
        *,
        case
            when is_last
                then
                    1000000000
                    + billionths
                    - cast(sum(billionths) over (partition by conversion_id, attribution_model) as bigint)
            else billionths
        end as settled_billionths
    from shared

),

credited as (

    select
        shares.*,
        conversions.value,
        cast(cast(shares.settled_billionths as decimal(10, 0)) * cast(0.000000001 as decimal(9, 9)) as decimal(10, 9)) as credit_share
    from rounded_shares as shares
    inner join conversions on shares.conversion_id = conversions.conversion_id

),

rounded_credits as (

    select
        *,
        cast(value * credit_share as decimal(20, 6)) as rounded_credit
    from credited

),

settled as (

    select
        *,
        case
            when is_last then value + rounded_credit - sum(rounded_credit) over (partition by conversion_id, attribution_model)
            else rounded_credit
        end as credit
    from rounded_credits

),

models as (

    {% for model in attribution_weights() -%}
        select '{{ model }}' as attribution_model
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        ---------- ids
        conversions.conversion_id,
        models.attribution_model,
        settled.view_id,
        conversions.workspace_id,
        conversions.viewer_id,

        ---------- what it is credited to
        settled.view_id is not null as is_attributed,
        views.video_id,
        views.utm_campaign,
        views.view_started_at,

        ---------- when
        conversions.occurred_at,
        conversions.occurred_date,
        {{ rounded_seconds(seconds_between('views.view_started_at', 'conversions.occurred_at')) }} as seconds_before_conversion,
        coalesce(settled.touch_number, 0) as touch_number,
        coalesce(settled.touch_count, 0) as touch_count,

        ---------- credit
        cast(coalesce(settled.credit_share, 1) as decimal(10, 9)) as credit_share,
        cast(case when settled.view_id is null then conversions.value else settled.credit end as decimal(20, 6)) as credit,
        conversions.currency

    from conversions
    cross join models
    left join settled
        on conversions.conversion_id = settled.conversion_id and models.attribution_model = settled.attribution_model
    left join views on settled.view_key = views.view_key and settled.view_started_at = views.view_started_at

)

select * from final
