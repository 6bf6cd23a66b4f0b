-- One row per cell (a 20th of the frame each way) and two seconds of a node in which anybody clicked (rule 35).
{{ config(materialized='table') }}
{% set cell = ['workspace_id', 'video_id', 'node_id', 'bucket', 'cell_x', 'cell_y'] %}
{% set measures = ['clicks', 'hits', 'near_misses', 'false_clicks', 'unknown_clicks'] %}
with

click_days as (

    select * from {{ ref('int_click_days') }}

),

clicks as (

    select * from {{ ref('int_clicks') }}

),

views as (

    select * from {{ ref('int_views') }}

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

totals as (

    select
        {{ cell | join(', ') }},
        {% for measure in measures -%}
            cast(sum({{ measure }}) as bigint) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from click_days
    group by {{ cell | join(', ') }}

),

owned as (

    select
        {% for column in cell -%}
            clicks.{{ column }},
        {% endfor -%}
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from clicks
    inner join views on clicks.view_key = views.view_key and clicks.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id

),

viewer_counts as (

    select
        {{ cell | join(', ') }},
        count(distinct viewer_id) as viewers
    from owned
    group by {{ cell | join(', ') }}

),

final as (

    select
        ---------- grain
        totals.workspace_id,
        totals.video_id,
        totals.node_id,
        totals.bucket * {{ click_bucket_seconds() }} as from_second,
        totals.cell_x,
        totals.cell_y,

        ---------- measures
        {% for measure in measures -%}
            totals.{{ measure }},
        {% endfor -%}
        viewer_counts.viewers

    from totals
    inner join viewer_counts
        on
            {% for column in cell -%}
                {{ 'and ' if not loop.first }}totals.{{ column }} = viewer_counts.{{ column }}
            {% endfor %}

)

select * from final
