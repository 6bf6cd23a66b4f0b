-- One row per thing a contact did that is worth a line in their history: a video played, a form, a click outside, a conversion.
{{ config(materialized='table') }}

with

contacts as (

    select * from {{ ref('dim_contact') }}
    where may_be_exported

),

videos as (

    select * from {{ ref('dim_video') }}

),

elements as (

    select * from {{ ref('dim_element') }}

),

versions as (

    select * from elements
    where is_in_catalog

),

unauthored as (

    select * from elements
    where not is_in_catalog

),

views as (

    select * from {{ ref('fct_view') }}
    where is_played

),

interactions as (

    select * from {{ ref('fct_interaction') }}
    where
        interaction_type in ('form_submit', 'cta_click', 'product_click', 'add_to_cart')
        or destination_url is not null

),

conversions as (

    select * from {{ ref('fct_conversion') }}

),

activities as (

    select
        workspace_id,
        viewer_id,
        'video_played' as activity_type,
        view_id as activity_id,
        first_played_at as occurred_at,
        video_id,
        cast(null as {{ string_type() }}) as node_id,
        cast(null as {{ string_type() }}) as element_id,
        percent_watched,
        cast(null as {{ string_type() }}) as destination_url,
        cast(null as {{ string_type() }}) as goal,
        cast(null as decimal(20, 6)) as value,
        cast(null as {{ string_type() }}) as currency
    from views
    union all
    select
        workspace_id,
        viewer_id,
        case
            when interaction_type = 'form_submit' then 'form_submitted'
            when interaction_type = 'add_to_cart' then 'product_put_in_cart'
            when interaction_type = 'product_click' then 'product_clicked'
            else 'link_clicked'
        end as activity_type,
        interaction_id as activity_id,
        occurred_at,
        video_id,
        node_id,
        element_id,
        cast(null as double) as percent_watched,
        destination_url,
        cast(null as {{ string_type() }}) as goal,
        cast(value as decimal(20, 6)) as value,
        currency
    from interactions
    union all
    select
        workspace_id,
        viewer_id,
        case when conversion_kind = 'refund' then 'refunded' else 'converted' end as activity_type,
        conversion_id as activity_id,
        occurred_at,
        video_id,
        node_id,
        element_id,
        cast(null as double) as percent_watched,
        cast(null as {{ string_type() }}) as destination_url,
        goal,
        cast(value as decimal(20, 6)) as value,
        currency
    from conversions

),

described as (

    select
        ---------- ids
        {{ public_key(['activities.activity_type', 'activities.activity_id']) }} as external_id,
        {{ public_key(['contacts.workspace_id', 'contacts.user_id']) }} as contact_external_id,
        contacts.workspace_id,

        ---------- what, when, where
        activities.activity_type,
        activities.occurred_at,
        activities.video_id,
        videos.title as video_title,
        activities.element_id,
        case when versions.element_id is not null then versions.name else unauthored.name end as element_name,
        activities.destination_url,

        ---------- how much
        activities.percent_watched,
        activities.goal,
        activities.value,
        activities.currency

    from activities
    inner join contacts on activities.workspace_id = contacts.workspace_id and activities.viewer_id = contacts.viewer_id
    left join videos on activities.workspace_id = videos.workspace_id and activities.video_id = videos.video_id
    -- an element that left the catalog and is seen again has rows of both kinds: the version in force comes first
    left join versions
        on
            activities.workspace_id = versions.workspace_id
            and activities.video_id = versions.video_id
            and activities.node_id = versions.node_id
            and activities.element_id = versions.element_id
            and activities.occurred_at >= versions.valid_from
            and activities.occurred_at < versions.valid_to
    left join unauthored
        on
            activities.workspace_id = unauthored.workspace_id
            and activities.video_id = unauthored.video_id
            and activities.node_id = unauthored.node_id
            and activities.element_id = unauthored.element_id

),

final as (

    select
        *,
        {{ record_hash(
            texts=[
                'contact_external_id', 'activity_type', 'video_id', 'video_title', 'element_id', 'element_name', 'destination_url', 'goal',
                'currency',
            ],
            numbers=['percent_watched', 'value'],
            times=['occurred_at'],
        ) }} as record_hash
    from described

)

select * from final
