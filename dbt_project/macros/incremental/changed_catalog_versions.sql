{# The stretches of time in which what the catalog says of a video's nodes, edges and elements differs from what the warehouse was built with.
   Facts are compared moment by moment, not version by version: an edit shortens the version before it and changes nothing there. An
   element's number is such a fact: exposures are kept under it, and a snapshot that arrives late gives later versions another one. #}
{% macro changed_catalog_versions(built_nodes, built_edges, built_elements) -%}
    {{ changed_stretches('int_node_versions', built_nodes, ['workspace_id', 'video_id', 'node_id'], ['duration_seconds']) }}
    union all
    {{ changed_stretches('int_edge_versions', built_edges, ['workspace_id', 'video_id', 'from_node_id'], []) }}
    union all
    {{ changed_stretches('int_element_versions', built_elements, ['workspace_id', 'video_id', 'node_id', 'element_id'], element_facts() + ['version_number']) }}
{%- endmacro %}

{% macro changed_stretches(model, built, keys, facts) -%}
    {%- if built is none -%}
        select workspace_id, video_id, valid_from, valid_to from {{ ref(model) }}
    {%- else -%}
        {%- set listed = keys | join(', ') -%}
        select
            stretches.workspace_id,
            stretches.video_id,
            stretches.valid_from,
            stretches.valid_to
        from (
            select
                {{ listed }},
                moment as valid_from,
                lead(moment) over (partition by {{ listed }} order by moment) as valid_to
            from (
                {% for relation in [ref(model), built] -%}
                    {% for bound in ['valid_from', 'valid_to'] -%}
                        select {{ listed }}, {{ bound }} as moment from {{ relation }}
                        {{ 'union' if not loop.last }}
                    {% endfor -%}
                    {{ 'union' if not loop.last }}
                {% endfor -%}
            ) as moments
        ) as stretches
        {% for relation, name in [(ref(model), 'said_now'), (built, 'said_before')] -%}
            left join {{ relation }} as {{ name }}
                on
                    stretches.valid_from >= {{ name }}.valid_from
                    and stretches.valid_from < {{ name }}.valid_to
                    {% for key in keys -%}
                        and stretches.{{ key }} = {{ name }}.{{ key }}
                    {% endfor %}
        {% endfor -%}
        where
            stretches.valid_to is not null
            and (
                (said_now.video_id is null) <> (said_before.video_id is null)
                {% for fact in facts -%}
                    or said_now.{{ fact }} is distinct from said_before.{{ fact }}
                {% endfor %}
            )
    {%- endif -%}
{%- endmacro %}

{# The rows of a model that the warehouse was not built with, and those it was built with that are no more. #}
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
