-- One row per contact that may be exported (rule 90), with what they did with the videos and how engaged they are (rule 91).
{{ config(materialized='table') }}
{% set parts = ['recency'] + engagement_parts() | list %}
with

contacts as (

    select * from {{ ref('dim_contact') }}
    where may_be_exported

),

accounts as (

    select * from {{ ref('dim_account') }}

),

viewers as (

    select * from {{ ref('dim_viewer') }}

),

videos as (

    select * from {{ ref('dim_video') }}

),

engagements as (

    select * from {{ ref('crm_engagement') }}

),

workspaces as (

    select
        workspace_id,
        max(ended_at) as data_until
    from {{ ref('fct_session') }}
    group by workspace_id

),

watching as (

    select
        contact_external_id,
        cast(sum(play_count) as bigint) as play_count,
        {{ rounded_seconds('sum(watch_seconds)') }} as watch_seconds,
        cast(sum(completed_view_count) as bigint) as completed_view_count,
        cast(sum(interaction_count) as bigint) as interaction_count,
        cast(sum(outbound_click_count) as bigint) as outbound_click_count,
        cast(sum(form_count) as bigint) as form_count,
        max_by(video_id, {{ comparable_row(['last_viewed_at', 'video_id']) }}) as last_video_id
    from engagements
    group by contact_external_id

),

conversions as (

    select
        workspace_id,
        viewer_id,
        count(*) as conversion_count,
        max(occurred_at) as last_converted_at
    from {{ ref('fct_conversion') }}
    where conversion_kind is null or conversion_kind <> 'refund'
    group by workspace_id, viewer_id

),

facts as (

    select
        {{ public_key(['contacts.workspace_id', 'contacts.user_id']) }} as external_id,
        contacts.workspace_id,
        contacts.user_id,
        contacts.viewer_id,
        contacts.email,
        contacts.name,
        contacts.account_id,
        viewers.first_seen_at,
        viewers.last_seen_at,
        coalesce(viewers.session_count, 0) as session_count,
        coalesce(conversions.conversion_count, 0) as conversion_count,
        conversions.last_converted_at,
        workspaces.data_until
    from contacts
    left join viewers on contacts.workspace_id = viewers.workspace_id and contacts.viewer_id = viewers.viewer_id
    left join conversions on contacts.workspace_id = conversions.workspace_id and contacts.viewer_id = conversions.viewer_id
    left join workspaces on contacts.workspace_id = workspaces.workspace_id

),

measured as (

    select
        facts.*,
        coalesce(watching.play_count, 0) as play_count,
        coalesce(watching.watch_seconds, 0) as watch_seconds,
        coalesce(watching.completed_view_count, 0) as completed_view_count,
        coalesce(watching.interaction_count, 0) as interaction_count,
        coalesce(watching.outbound_click_count, 0) as outbound_click_count,
        coalesce(watching.form_count, 0) as form_count,
        watching.last_video_id
    from facts
    left join watching on facts.external_id = watching.contact_external_id

),

scored as (

    select
        *,
        {% for part in parts -%}
            {{ engagement_points(part) }} as {{ part }}_points{{ ',' if not loop.last }}
        {% endfor %}
    from measured

),

described as (

    select
        ---------- ids
        scored.external_id,
        scored.workspace_id,
        scored.user_id,

        ---------- who
        scored.email,
        {{ sha256_of('scored.email') }} as email_sha256,
        scored.name,
        case
            when scored.account_id is not null then {{ public_key(['scored.workspace_id', 'scored.account_id']) }}
        end as account_external_id,
        accounts.name as account_name,

        ---------- how engaged
        cast(floor(
            0.5
            {% for part in parts -%}
                + scored.{{ part }}_points
            {% endfor %}
        ) as bigint) as engagement_score,
        {% for part in parts -%}
            scored.{{ part }}_points,
        {% endfor %}

        ---------- what they did
        scored.first_seen_at,
        scored.last_seen_at,
        scored.session_count,
        scored.play_count,
        scored.watch_seconds,
        scored.completed_view_count,
        scored.interaction_count,
        scored.outbound_click_count,
        scored.form_count,
        scored.conversion_count,
        scored.last_converted_at,
        scored.last_video_id,
        videos.title as last_video_title

    from scored
    left join accounts on scored.workspace_id = accounts.workspace_id and scored.account_id = accounts.account_id
    left join videos on scored.workspace_id = videos.workspace_id and scored.last_video_id = videos.video_id

),

final as (

    select
        *,
        {{ record_hash(
            texts=['email', 'name', 'account_external_id', 'account_name', 'last_video_id', 'last_video_title'],
            numbers=[
                'engagement_score', 'session_count', 'play_count', 'watch_seconds', 'completed_view_count', 'interaction_count',
                'outbound_click_count', 'form_count', 'conversion_count',
            ],
            times=['first_seen_at', 'last_seen_at', 'last_converted_at'],
        ) }} as record_hash
    from described

)

select * from final
