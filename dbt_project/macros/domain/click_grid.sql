{# The grid on which clicks are counted (rule 34): 20 x 20 cells of the frame x 2 seconds of the node. The last cell holds its far edge. #}
{% macro click_cells_per_side() %}{{ return(20) }}{% endmacro %}

{% macro click_bucket_seconds() %}{{ return(2) }}{% endmacro %}

{% macro click_cell(place) -%}
    least(cast(floor({{ place }} * {{ click_cells_per_side() }}) as bigint), {{ click_cells_per_side() - 1 }})
{%- endmacro %}

{% macro click_bucket(seconds) -%}
    cast(floor({{ seconds }} / {{ click_bucket_seconds() }}) as bigint)
{%- endmacro %}
