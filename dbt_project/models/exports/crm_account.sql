-- One row per account with a contact that may be exported: what its people did together.
{{ config(materialized='table') }}

with

accounts as (

    select * from {{ ref('dim_account') }}

),

contacts as (

    select
        account_external_id,
        count(*) as contact_count,
        count(*) filter (where play_count > 0) as watching_contact_count,
        max(engagement_score) as engagement_score,
        max_by(external_id, {{ comparable_row(['engagement_score', 'external_id']) }}) as leading_contact_external_id,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        sum(play_count) as play_count,
        {{ rounded_seconds('sum(watch_seconds)') }} as watch_seconds,
        sum(completed_view_count) as completed_view_count,
        sum(conversion_count) as conversion_count
    from {{ ref('crm_contact') }}
    where account_external_id is not null
    group by account_external_id

),

named as (

    select
        {{ public_key(['workspace_id', 'account_id']) }} as external_id,
        workspace_id,
        account_id,
        name,
        domain
    from accounts

),

described as (

    select
        ---------- ids
        named.external_id,
        named.workspace_id,
        named.account_id,

        ---------- who
        named.name,
        named.domain,
        contacts.contact_count,
        contacts.watching_contact_count,

        ---------- how engaged
        contacts.engagement_score,
        contacts.leading_contact_external_id,

        ---------- what they did
        contacts.first_seen_at,
        contacts.last_seen_at,
        cast(contacts.play_count as bigint) as play_count,
        contacts.watch_seconds,
        cast(contacts.completed_view_count as bigint) as completed_view_count,
        cast(contacts.conversion_count as bigint) as conversion_count

    from named
    inner join contacts on named.external_id = contacts.account_external_id

),

final as (

    select
        *,
        {{ record_hash(
            texts=['name', 'domain', 'leading_contact_external_id'],
            numbers=[
                'contact_count', 'watching_contact_count', 'engagement_score', 'play_count', 'watch_seconds', 'completed_view_count',
                'conversion_count',
            ],
            times=['first_seen_at', 'last_seen_at'],
        ) }} as record_hash
    from described

)

select * from final
