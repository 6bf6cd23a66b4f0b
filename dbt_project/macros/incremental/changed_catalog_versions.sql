{# The stretches of time in which what the catalog says of a video's nodes and edges differs from what the warehouse was built with. #}
{% macro changed_catalog_versions(built_nodes, built_edges) -%}
    select workspace_id, video_id, valid_from, valid_to
    from ({{ differing_versions('int_node_versions', built_nodes, ['workspace_id', 'video_id', 'node_id', 'duration_seconds', 'valid_from', 'valid_to']) }}) as node_changes
    union all
    select workspace_id, video_id, valid_from, valid_to
    from ({{ differing_versions('int_edge_versions', built_edges, ['workspace_id', 'video_id', 'from_node_id', 'valid_from', 'valid_to']) }}) as edge_changes
{%- endmacro %}

{% macro differing_versions(model, built, columns) -%}
    {%- set listed = columns | join(', ') -%}
    {%- if built is none -%}
        select {{ listed }} from {{ ref(model) }}
    {%- else -%}
        (select {{ listed }} from {{ ref(model) }} except select {{ listed }} from {{ built }})
        union all
        (select {{ listed }} from {{ built }} except select {{ listed }} from {{ ref(model) }})
    {%- endif -%}
{%- endmacro %}
