-- Rule 90: every record handed to sales and marketing is of somebody who may be; everybody who may be is there.
with

contacts as (

    select
        {{ public_key(['workspace_id', 'user_id']) }} as external_id,
        may_be_exported
    from {{ ref('dim_contact') }}

),

handed_on as (

    select external_id from {{ ref('crm_contact') }}
    union
    select contact_external_id as external_id from {{ ref('crm_engagement') }}
    union
    select contact_external_id as external_id from {{ ref('crm_activity') }}

),

final as (

    select
        handed_on.external_id,
        contacts.may_be_exported
    from handed_on
    left join contacts on handed_on.external_id = contacts.external_id
    where contacts.may_be_exported is null or not contacts.may_be_exported
    union all
    select
        contacts.external_id,
        contacts.may_be_exported
    from contacts
    left join {{ ref('crm_contact') }} as exported on contacts.external_id = exported.external_id
    where contacts.may_be_exported and exported.external_id is null

)

select * from final
