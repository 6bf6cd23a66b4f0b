-- One row per video and catalog snapshot.
with

records as (

    select
        as_of,
        load_id,
        line_number,
        {{ json_record('record', [
        (['workspace_id'], 'string'),
        (['video_id'], 'string'),
        (['title'], 'string'),
        (['kind'], 'string'),
        (['start_node_id'], 'string'),
        (['cost'], 'string'),
        (['currency'], 'string'),
        (['published_at'], 'string')
        ]) }} as parsed
    from {{ ref('stg_catalog__records') }}
    where entity = 'videos'

),

fields as (

    select
        as_of,
        load_id,
        line_number,
        coalesce({{ identifier(json_field('parsed', ['workspace_id'])) }}, 'default') as workspace_id,
        {{ identifier(json_field('parsed', ['video_id'])) }} as video_id,
        {{ json_field('parsed', ['title']) }} as title,
        {{ json_field('parsed', ['kind']) }} as kind,
        {{ identifier(json_field('parsed', ['start_node_id'])) }} as start_node_id,
        {{ number_from_text(json_field('parsed', ['cost']), 'decimal(20, 6)') }} as cost,
        {{ json_field('parsed', ['currency']) }} as currency,
        {{ timestamp_from_text(json_field('parsed', ['published_at'])) }} as published_at
    from records

),

final as (

    select *
    from fields
    where video_id is not null

)

select * from final
