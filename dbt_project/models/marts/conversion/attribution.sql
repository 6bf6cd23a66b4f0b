-- One row per conversion, attribution model and credited view; a conversion without an eligible view has one row per model without a view.
{{ config(materialized='table') }}
{% set weights = attribution_weights() %}
with

conversions as (

    select
        *,
        {{ hash_key(['conversion_id']) }} as conversion_key
    from {{ ref('fct_conversion') }}

),

views as (

    select * from {{ ref('int_views') }}

),

eligible as (

    select
        {{ hash_key(['conversion_id']) }} as conversion_key,
        view_key,
        view_started_at,
        touch_number,
        touch_count
    from {{ ref('int_conversion_views') }}

),

touches as (

    select
        eligible.*,
        conversions.value,
        {{ seconds_between(
            'eligible.view_started_at',
            'max(eligible.view_started_at) over (partition by eligible.conversion_key)'
        ) }} as seconds_before_last
    from eligible
    inner join conversions on eligible.conversion_key = conversions.conversion_key

),

-- The models stand side by side until the end, and windows run over integers: a sort of narrow rows a step instead of one of wide rows
-- a model and step (2026-11-22, 100,000 conversions with 2.5M eligible views on a busy machine: 59 s, long from the start 83 s).
weighted as (

    select
        conversion_key,
        view_key,
        view_started_at,
        touch_number,
        touch_count,
        value,
        {% for model, weight in weights.items() -%}
            cast({{ weight }} as bigint) as {{ model }}_weight{{ ',' if not loop.last }}
        {% endfor %}
    from touches

),

shared as (

    select
        *,
        {% for model in weights -%}
            cast(floor(
                cast({{ model }}_weight as double) / sum({{ model }}_weight) over (partition by conversion_key) * 1000000000 + 0.5
            ) as bigint) as {{ model }}_billionths,
            touch_number = {{ '1' if model == 'first' else 'touch_count' }} as is_{{ model }}_settled{{ ',' if not loop.last }}
        {% endfor %}
    from weighted

),

settled_shares as (

    select
        *,
        {% for model in weights -%}
            cast(cast(case
                when is_{{ model }}_settled
                    then
                        1000000000
                        + {{ model }}_billionths
                        - cast(sum({{ model }}_billionths) over (partition by conversion_key) as bigint)
                else {{ model }}_billionths
            end as decimal(10, 0)) * cast(0.000000001 as decimal(9, 9)) as decimal(10, 9)) as {{ model }}_share{{ ',' if not loop.last }}
        {% endfor %}
    from shared

),

rounded_credits as (

    select
        *,
        {% for model in weights -%}
            cast(value * {{ model }}_share as decimal(20, 6)) as {{ model }}_rounded{{ ',' if not loop.last }}
        {% endfor %}
    from settled_shares

),

settled_credits as (

    select
        *,
        {% for model in weights -%}
            case
                when is_{{ model }}_settled
                    then value + {{ model }}_rounded - sum({{ model }}_rounded) over (partition by conversion_key)
                else {{ model }}_rounded
            end as {{ model }}_credit{{ ',' if not loop.last }}
        {% endfor %}
    from rounded_credits

),

credits as (

    {% for model in weights -%}
        select
            conversion_key,
            '{{ model }}' as attribution_model,
            view_key,
            view_started_at,
            touch_number,
            touch_count,
            {{ model }}_share as credit_share,
            cast({{ model }}_credit as decimal(20, 6)) as credit
        from settled_credits
        where {{ model }}_weight > 0
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

models as (

    {% for model in weights -%}
        select '{{ model }}' as attribution_model
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

unattributed as (

    select
        conversions.conversion_key,
        models.attribution_model,
        cast(null as bigint) as view_key,
        cast(null as timestamp) as view_started_at,
        cast(0 as bigint) as touch_number,
        cast(0 as bigint) as touch_count,
        cast(1 as decimal(10, 9)) as credit_share,
        conversions.value as credit
    from conversions
    cross join models
    where conversions.conversion_key not in (select touches.conversion_key from touches)

),

all_credits as (

    select * from credits
    union all
    select * from unattributed

),

final as (

    select
        ---------- ids
        conversions.conversion_id,
        all_credits.attribution_model,
        views.view_id,
        conversions.workspace_id,
        conversions.viewer_id,

        ---------- what it is credited to
        views.view_id is not null as is_attributed,
        views.video_id,
        views.utm_campaign,
        views.view_started_at,

        ---------- when
        conversions.occurred_at,
        conversions.occurred_date,
        {{ rounded_seconds(seconds_between('views.view_started_at', 'conversions.occurred_at')) }} as seconds_before_conversion,
        all_credits.touch_number,
        all_credits.touch_count,

        ---------- credit
        all_credits.credit_share,
        all_credits.credit,
        conversions.currency

    from all_credits
    inner join conversions on all_credits.conversion_key = conversions.conversion_key
    left join views on all_credits.view_key = views.view_key and all_credits.view_started_at = views.view_started_at

)

select * from final
