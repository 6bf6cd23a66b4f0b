-- One row per accepted record that a recipe mapped.
with

records as (

    select * from {{ source('bronze', 'mapped') }}

),

final as (

    select
        load_id,
        line_number,
        cast(1 as bigint) as part_number,
        'mapped' as source,
        event_date,
        {% for column in envelope_columns() -%}
            {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from records

)

select * from final
