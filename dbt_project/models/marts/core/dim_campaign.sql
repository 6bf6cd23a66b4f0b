-- One row per campaign that the catalog knows or that any view names; authored facts are those of the catalog's newest version.
{{ config(materialized='table') }}

with

authored as (

    {{ newest_versions(
        ref('stg_catalog__campaigns'),
        ['workspace_id', 'campaign_id'],
        ['name', 'channel', 'cost', 'currency', 'starts_on', 'ends_on']
    ) }}

),

observed as (

    select
        workspace_id,
        utm_campaign as campaign_id,
        min(view_started_at) as first_seen_at,
        max(view_ended_at) as last_seen_at,
        count(*) as view_count
    from {{ ref('int_views') }}
    where utm_campaign is not null
    group by workspace_id, utm_campaign

),

keys as (

    select workspace_id, campaign_id from authored
    union
    select workspace_id, campaign_id from observed

),

final as (

    select
        keys.workspace_id,
        keys.campaign_id,
        authored.name,
        authored.channel,
        authored.cost,
        {{ currency_code('authored.currency') }} as currency,
        cast(authored.starts_on as date) as start_date,
        cast(authored.ends_on as date) as end_date,
        authored.campaign_id is not null as is_in_catalog,
        observed.first_seen_at,
        observed.last_seen_at,
        coalesce(observed.view_count, 0) as view_count
    from keys
    left join authored on keys.workspace_id = authored.workspace_id and keys.campaign_id = authored.campaign_id
    left join observed on keys.workspace_id = observed.workspace_id and keys.campaign_id = observed.campaign_id

)

select * from final
