-- One row per node and catalog snapshot.
with

records as (

    select
        as_of,
        load_id,
        line_number,
        {{ json_record('record', [
        (['workspace_id'], 'string'),
        (['video_id'], 'string'),
        (['node_id'], 'string'),
        (['title'], 'string'),
        (['duration_seconds'], 'string')
        ]) }} as parsed
    from {{ ref('stg_catalog__records') }}
    where entity = 'nodes'

),

fields as (

    select
        as_of,
        load_id,
        line_number,
        coalesce({{ identifier(json_field('parsed', ['workspace_id'])) }}, 'default') as workspace_id,
        {{ identifier(json_field('parsed', ['video_id'])) }} as video_id,
        {{ identifier(json_field('parsed', ['node_id'])) }} as node_id,
        {{ json_field('parsed', ['title']) }} as title,
        nullif({{ plausible_seconds(number_from_text(json_field('parsed', ['duration_seconds']))) }}, 0) as duration_seconds
    from records

),

final as (

    select *
    from fields
    where video_id is not null and node_id is not null

)

select * from final
