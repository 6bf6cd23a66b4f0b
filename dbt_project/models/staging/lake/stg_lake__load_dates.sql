-- One row per load in force and event date it brought rows of.
with

manifests as (

    select * from {{ source('bronze', 'manifests') }}
    where load_id is not null and status = 'loaded'

),

final as (

    {{ unnest_records(
        'manifests', ['source', 'load_id', 'content_id'], 'rows_by_date', {'event_date': 'event_date', 'rows': 'row_count'}
    ) }}

)

select * from final
