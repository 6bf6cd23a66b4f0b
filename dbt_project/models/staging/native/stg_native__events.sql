-- One row per accepted record of the native contract.
with

records as (

    select * from {{ source('bronze', 'native') }}

),

final as (

    select
        load_id,
        line_number,
        cast(1 as bigint) as part_number,
        'native' as source,
        event_date,
        {% for column in envelope_columns() -%}
            {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from records

)

select * from final
