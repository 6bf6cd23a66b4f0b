-- One row per element, version and day (of the views' start) on which it was exposed: to how many, and what they did.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_dates',
    meta={'date_column': 'started_date', 'stale_dates': 'stale_report_dates'},
) }}
-- depends_on: {{ ref('stale_report_dates') }}
with

exposures as (

    select * from {{ ref('int_exposures') }}
    {{ where_stale_report_date('started_date') }}

),

views as (

    select * from {{ ref('int_views') }}
    {{ where_stale_report_date('started_date') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

owned as (

    select
        exposures.*,
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from exposures
    inner join views on exposures.view_key = views.view_key and exposures.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id

),

final as (

    select
        ---------- grain
        workspace_id,
        video_id,
        node_id,
        element_id,
        version_number,
        started_date,

        ---------- exposures
        count(*) as exposed_views,
        count(distinct viewer_id) as exposed_viewers,
        count(*) filter (where exposed_by = 'shown') as views_by_shown,
        count(*) filter (where exposed_by = 'action') as views_by_action,
        count(*) filter (where exposed_by = 'window') as views_by_window,

        ---------- what was done
        {% for deed in ['click', 'answer', 'skip'] -%}
            cast(sum({{ deed }}_count) as bigint) as {{ deed }}_count,
            count(*) filter (where {{ deed }}_count > 0) as {{ deed }}_views,
            count(distinct case when {{ deed }}_count > 0 then viewer_id end) as {{ deed }}_viewers,
        {% endfor %}
        cast(sum(outbound_click_count) as bigint) as outbound_click_count

    from owned
    group by workspace_id, video_id, node_id, element_id, version_number, started_date

)

select * from final
