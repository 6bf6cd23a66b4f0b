-- One row per slice, active date and previous active date: how many viewers played on the one and last before that on the other.
{{ config(materialized='table') }}

with

viewer_days as (

    select * from {{ ref('int_viewer_days') }}

),

{% for kind, column in slices().items() -%}
    {{ kind }}_days as (

        select
            workspace_id,
            {{ column }} as slice_value,
            viewer_key,
            active_date
        from viewer_days
        where {{ column }} is not null
        group by workspace_id, {{ column ~ ', ' if column != 'workspace_id' }}viewer_key, active_date

    ),

    {{ kind }}_returns as (

        select
            workspace_id,
            slice_value,
            active_date,
            lag(active_date) over (partition by workspace_id, slice_value, viewer_key order by active_date) as previous_active_date
        from {{ kind }}_days

    ),

{% endfor -%}

final as (

    {% for kind in slices() -%}
        select
            workspace_id,
            '{{ kind }}' as slice_kind,
            slice_value,
            active_date,
            previous_active_date,
            count(*) as viewer_count
        from {{ kind }}_returns
        group by workspace_id, slice_value, active_date, previous_active_date
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
