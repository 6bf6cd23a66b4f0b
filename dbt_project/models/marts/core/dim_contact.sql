-- One row per contact of the newest catalog, with what may be done with the address (rule 90).
{{ config(materialized='table') }}

with

contacts as (

    {{ newest_snapshot(
        ref('stg_catalog__contacts'), ['workspace_id', 'user_id'], ['email', 'name', 'account_id', 'consent_marketing']
    ) }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

consents as (

    select * from {{ ref('int_session_consents') }}

),

stated as (

    select
        sessions.workspace_id,
        -- who is named says it for themselves, not for whoever used the shared device first
        case
            when consents.user_id is not null then 'user:' || consents.user_id
            else {{ viewer_id('sessions', 'device_users') }}
        end as viewer_id,
        consents.stated_at,
        consents.consent_marketing
    from consents
    inner join sessions
        on consents.session_key = sessions.session_key and consents.session_started_at = sessions.session_started_at
    left join device_users on sessions.workspace_id = device_users.workspace_id and sessions.device_id = device_users.device_id

),

-- of two words at one moment the refusal counts
last_stated as (

    select
        workspace_id,
        viewer_id,
        max(stated_at) as stated_at,
        max_by(consent_marketing, {{ comparable_row(['stated_at', 'case when consent_marketing then 0 else 1 end']) }}) as consent_marketing
    from stated
    group by workspace_id, viewer_id

),

addressed as (

    select
        workspace_id,
        user_id,
        'user:' || user_id as viewer_id,
        {{ lowercase(identifier('email')) }} as email,
        {{ identifier('name') }} as name,
        account_id,
        consent_marketing
    from contacts

),

final as (

    select
        addressed.workspace_id,
        addressed.user_id,
        addressed.viewer_id,
        addressed.email,
        addressed.name,
        addressed.account_id,
        addressed.consent_marketing,
        coalesce(not last_stated.consent_marketing, false) as has_withdrawn_consent,
        case when not last_stated.consent_marketing then last_stated.stated_at end as withdrawn_at,
        coalesce(addressed.email is not null and addressed.consent_marketing and coalesce(last_stated.consent_marketing, true), false)
            as may_be_exported
    from addressed
    left join last_stated on addressed.workspace_id = last_stated.workspace_id and addressed.viewer_id = last_stated.viewer_id

)

select * from final
