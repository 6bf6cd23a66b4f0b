{# Nodes of a graph as lists, for a search that carries all it has found along in one row: a step of a recursive query may neither
   aggregate nor look back further than the step before it. Ids are never null; the order inside a list means nothing. #}

{# Aggregates the edges of a graph as a list of pairs. #}
{% macro node_pairs(from_node, to_node) -%}
    {{ return(adapter.dispatch('node_pairs')(from_node, to_node)) }}
{%- endmacro %}

{% macro default__node_pairs(from_node, to_node) -%}
    {{ exceptions.raise_compiler_error('node_pairs is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__node_pairs(from_node, to_node) -%}
    list({'origin': {{ from_node }}, 'target': {{ to_node }}})
{%- endmacro %}

{% macro spark__node_pairs(from_node, to_node) -%}
    collect_list(struct({{ from_node }} as origin, {{ to_node }} as target))
{%- endmacro %}

{# The list of one node. #}
{% macro node_list(node) -%}
    {{ return(adapter.dispatch('node_list')(node)) }}
{%- endmacro %}

{% macro default__node_list(node) -%}
    {{ exceptions.raise_compiler_error('node_list is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__node_list(node) -%}
    [{{ node }}]
{%- endmacro %}

{% macro spark__node_list(node) -%}
    array({{ node }})
{%- endmacro %}

{# The distinct nodes that an edge leads to from one of `nodes` and that are not among `known_nodes`. #}
{% macro nodes_behind(edges, nodes, known_nodes) -%}
    {{ return(adapter.dispatch('nodes_behind')(edges, nodes, known_nodes)) }}
{%- endmacro %}

{% macro default__nodes_behind(edges, nodes, known_nodes) -%}
    {{ exceptions.raise_compiler_error('nodes_behind is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__nodes_behind(edges, nodes, known_nodes) -%}
    list_distinct(list_transform(
        list_filter(
            {{ edges }},
            lambda edge: list_contains({{ nodes }}, edge.origin) and not list_contains({{ known_nodes }}, edge.target)
        ),
        lambda edge: edge.target
    ))
{%- endmacro %}

{% macro spark__nodes_behind(edges, nodes, known_nodes) -%}
    array_distinct(transform(
        filter(
            {{ edges }},
            edge -> array_contains({{ nodes }}, edge.origin) and not array_contains({{ known_nodes }}, edge.target)
        ),
        edge -> edge.target
    ))
{%- endmacro %}

{# Two lists, one after the other. #}
{% macro joined_node_lists(first, second) -%}
    {{ return(adapter.dispatch('joined_node_lists')(first, second)) }}
{%- endmacro %}

{% macro default__joined_node_lists(first, second) -%}
    {{ exceptions.raise_compiler_error('joined_node_lists is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__joined_node_lists(first, second) -%}
    list_concat({{ first }}, {{ second }})
{%- endmacro %}

{% macro spark__joined_node_lists(first, second) -%}
    concat({{ first }}, {{ second }})
{%- endmacro %}

{# Whether a list has any node; null (no list) has none. #}
{% macro has_nodes(nodes) -%}
    {{ return(adapter.dispatch('has_nodes')(nodes)) }}
{%- endmacro %}

{% macro default__has_nodes(nodes) -%}
    {{ exceptions.raise_compiler_error('has_nodes is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__has_nodes(nodes) -%}
    coalesce(len({{ nodes }}), 0) > 0
{%- endmacro %}

{% macro spark__has_nodes(nodes) -%}
    coalesce(size({{ nodes }}), 0) > 0
{%- endmacro %}

{# One row per node of a list: selects `columns` of a relation plus the node under its new name. #}
{% macro unnest_nodes(relation, columns, list_column, name) -%}
    {{ return(adapter.dispatch('unnest_nodes')(relation, columns, list_column, name)) }}
{%- endmacro %}

{% macro default__unnest_nodes(relation, columns, list_column, name) -%}
    {{ exceptions.raise_compiler_error('unnest_nodes is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__unnest_nodes(relation, columns, list_column, name) -%}
    select
        {{ columns | join(', ') }},
        unnest({{ list_column }}) as {{ name }}
    from {{ relation }}
{%- endmacro %}

{% macro spark__unnest_nodes(relation, columns, list_column, name) -%}
    select
        {{ columns | join(', ') }},
        explode({{ list_column }}) as {{ name }}
    from {{ relation }}
{%- endmacro %}
