-- One row per option that the catalog ever gave a question, as the newest snapshot that names it writes it.
{{ config(materialized='table') }}

with

written as (

    {{ newest_versions(ref('stg_catalog__options'), ['workspace_id', 'question_id', 'option_id'], ['text', 'is_correct', 'as_of']) }}

),

spelled as (

    select
        *,
        {{ trimmed('text') }} as words,
        coalesce({{ number_from_text('option_id') }}, {{ number_from_text('text') }}) as rating
    from written

),

final as (

    select
        workspace_id,
        question_id,
        option_id,
        text,
        is_correct,
        -- what a newer snapshot of the question leaves out is not offered any more
        as_of = max(as_of) over (partition by workspace_id, question_id) as is_offered,
        {{ scaled_integer('rating', 1000) }} as rating_thousandths,
        -- who answers with its words means it; of two with the same words the newest, then the first by its id
        row_number() over (partition by workspace_id, question_id, words order by as_of desc, option_id asc) = 1 as is_meant_by_text
    from spelled

)

select * from final
