-- One row per interactive element and version of its authored facts; where nothing was authored, one for what views reported.
{{ config(materialized='table') }}
{% set key = ['workspace_id', 'video_id', 'node_id', 'element_id'] %}
with

authored as (

    select * from {{ ref('int_element_versions') }}

),

exposures as (

    select * from {{ ref('int_exposures') }}

),

reported_types as (

    {{ most_said('exposures', key, 'reported_element_type') }}

),

reported_addresses as (

    {{ most_said('exposures', key, 'reported_destination_url') }}

),

reported_nodes as (

    {{ most_said('exposures', key, 'reported_to_node_id') }}

),

authored_elements as (

    select {{ key | join(', ') }} from authored
    group by {{ key | join(', ') }}

),

-- met by views that began while no version of it was in force
unauthored as (

    select {{ key | join(', ') }} from exposures
    where version_number is null
    group by {{ key | join(', ') }}

),

versions as (

    select
        {{ key | join(', ') }},
        version_number,
        true as is_in_catalog,
        {{ element_facts() | join(', ') }},
        valid_from,
        valid_to
    from authored

    union all

    select
        {% for column in key -%}
            unauthored.{{ column }},
        {% endfor -%}
        case when authored_elements.element_id is null then 1 else 0 end as version_number,
        false as is_in_catalog,
        cast(null as {{ string_type() }}) as element_type,
        cast(null as {{ string_type() }}) as name,
        {% for fact in element_facts() if fact.endswith('_seconds') or fact.startswith('box_') -%}
            cast(null as double) as {{ fact }},
        {% endfor -%}
        cast(null as {{ string_type() }}) as to_node_id,
        cast(null as {{ string_type() }}) as destination_url,
        cast(null as timestamp) as valid_from,
        cast(null as timestamp) as valid_to
    from unauthored
    left join authored_elements
        on
            {% for column in key -%}
                {{ 'and ' if not loop.first }}unauthored.{{ column }} = authored_elements.{{ column }}
            {% endfor %}

),

final as (

    select
        ---------- grain
        {% for column in key %}versions.{{ column }}, {% endfor %}
        cast(versions.version_number as bigint) as version_number,

        ---------- what it is
        versions.name,
        coalesce(versions.element_type, reported_types.reported_element_type) as element_type,
        coalesce(
            versions.destination_url, versions.to_node_id,
            reported_addresses.reported_destination_url, reported_nodes.reported_to_node_id
        ) as destination,
        versions.is_in_catalog,
        case
            when versions.is_in_catalog then versions.valid_to = cast('9999-12-31 00:00:00' as timestamp)
            else versions.version_number = 1
        end as is_current,

        ---------- as authored
        versions.from_seconds,
        versions.to_seconds,
        versions.box_x,
        versions.box_y,
        versions.box_width,
        versions.box_height,
        versions.to_node_id,
        versions.destination_url,
        versions.valid_from,
        versions.valid_to

    from versions
    {% for relation in ['reported_types', 'reported_addresses', 'reported_nodes'] -%}
        left join {{ relation }}
            on
                {% for column in key -%}
                    {{ 'and ' if not loop.first }}versions.{{ column }} = {{ relation }}.{{ column }}
                {% endfor %}
    {% endfor %}

)

select * from final
