{# The emitters, by their folder of models/staging, whose records are understood with the help of others of the same date (a staging model
   says so: meta reads_across_records). What arrives may change what stood there, so that a date of theirs counts anew as a whole. #}
{% macro sources_read_across_records() -%}
    {%- set sources = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('reads_across_records') -%}
            {%- do sources.append(node.fqn[-2]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(sources | unique | sort) }}
{%- endmacro %}
