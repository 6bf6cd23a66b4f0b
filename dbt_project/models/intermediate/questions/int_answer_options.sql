-- One row per answer and distinct text among those it gave, an option or words of its own; blank ones are none.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'occurred_at', 'scope_date': 'occurred_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
with

answers as (

    select answers.* from {{ ref('int_answers') }} as answers
    {{ join_stale_scopes('answers', 'occurred_at') }}

),

chosen as (

    {{ unnest_texts('answers', ['session_key', 'answer_id', 'element_key', 'occurred_at', 'occurred_date'], 'response', 'chosen') }}

),

final as (

    select
        session_key,
        answer_id,
        element_key,
        occurred_at,
        occurred_date,
        {{ identifier('chosen') }} as chosen
    from chosen
    where {{ identifier('chosen') }} is not null
    group by session_key, answer_id, element_key, occurred_at, occurred_date, {{ identifier('chosen') }}

)

select * from final
