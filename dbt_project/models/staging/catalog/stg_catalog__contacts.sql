-- One row per contact and catalog snapshot.
with

records as (

    select
        as_of,
        load_id,
        line_number,
        {{ json_record('record', [
        (['workspace_id'], 'string'),
        (['user_id'], 'string'),
        (['email'], 'string'),
        (['name'], 'string'),
        (['account_id'], 'string'),
        (['consent_marketing'], 'string')
        ]) }} as parsed
    from {{ ref('stg_catalog__records') }}
    where entity = 'contacts'

),

fields as (

    select
        as_of,
        load_id,
        line_number,
        coalesce({{ identifier(json_field('parsed', ['workspace_id'])) }}, 'default') as workspace_id,
        {{ identifier(json_field('parsed', ['user_id'])) }} as user_id,
        {{ json_field('parsed', ['email']) }} as email,
        {{ json_field('parsed', ['name']) }} as name,
        {{ identifier(json_field('parsed', ['account_id'])) }} as account_id,
        {{ boolean_from_text(json_field('parsed', ['consent_marketing'])) }} as consent_marketing
    from records

),

final as (

    select *
    from fields
    where user_id is not null

)

select * from final
