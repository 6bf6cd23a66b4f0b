{# How a node was entered where the events do not say (rule 52): what the graph's edge between the two nodes says of it. `edges` is joined
   by from and to, `graphs` by video. #}
{% macro entered_by_edge(edges, graphs) -%}
    case
        when {{ edges }}.is_default then 'default'
        when not {{ edges }}.is_default then 'chosen'
        when {{ edges }}.from_node_id is null and {{ graphs }}.video_id is not null then 'jump'
        else 'unknown'
    end
{%- endmacro %}
