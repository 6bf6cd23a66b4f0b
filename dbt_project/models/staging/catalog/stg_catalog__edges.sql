-- One row per edge of a video's graph and catalog snapshot.
with

records as (

    select
        as_of,
        load_id,
        line_number,
        {{ json_record('record', [
        (['workspace_id'], 'string'),
        (['video_id'], 'string'),
        (['from_node_id'], 'string'),
        (['to_node_id'], 'string'),
        (['element_id'], 'string'),
        (['is_default'], 'string')
        ]) }} as parsed
    from {{ ref('stg_catalog__records') }}
    where entity = 'edges'

),

fields as (

    select
        as_of,
        load_id,
        line_number,
        coalesce({{ identifier(json_field('parsed', ['workspace_id'])) }}, 'default') as workspace_id,
        {{ identifier(json_field('parsed', ['video_id'])) }} as video_id,
        {{ identifier(json_field('parsed', ['from_node_id'])) }} as from_node_id,
        {{ identifier(json_field('parsed', ['to_node_id'])) }} as to_node_id,
        {{ identifier(json_field('parsed', ['element_id'])) }} as element_id,
        {{ boolean_from_text(json_field('parsed', ['is_default'])) }} as is_default
    from records

),

final as (

    select *
    from fields
    where video_id is not null and from_node_id is not null

)

select * from final
