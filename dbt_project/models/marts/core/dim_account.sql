-- One row per account: the companies of the newest catalog, and those that only a contact names.
{{ config(materialized='table') }}

with

authored as (

    {{ newest_snapshot(ref('stg_catalog__accounts'), ['workspace_id', 'account_id'], ['name', 'domain']) }}

),

contacts as (

    select workspace_id, account_id from {{ ref('dim_contact') }}
    where account_id is not null

),

keys as (

    select workspace_id, account_id from authored
    union
    select workspace_id, account_id from contacts

),

final as (

    select
        keys.workspace_id,
        keys.account_id,
        authored.name,
        {{ lowercase('authored.domain') }} as domain,
        authored.account_id is not null as is_in_catalog
    from keys
    left join authored on keys.workspace_id = authored.workspace_id and keys.account_id = authored.account_id

)

select * from final
