{# Labels the connected sets of cells in space and time (26 neighbours: sides, edges and corners), as the CTE `labelled_cells`: the rows
   of a relation (with `columns`) and their `label`, which cells share that touch each other directly or through others of the relation.

   Any two neighbours lie together in one of the eight tilings of space into 2 x 2 x 2 blocks, and all cells of a block are
   neighbours. A round gives every cell the least label in its eight blocks, then every set of cells that had a label in common
   the least that any of them got. Sets begin as runs of one cell's consecutive buckets, under labels of no order (md5), so that a set
   meets a smaller label nearby whatever its shape, and sets at least about halve in number each round. Windows alone: a recursion
   that stops when nothing changes is more than Spark can say (UNION and windows are refused in it, 4.3), and a chain in which
   every step reads the one before once is planned once on every engine. A test asks whether the rounds were enough. #}
{% macro touching_cells(relation, owner, bucket, cell_x, cell_y, columns) -%}
    {%- set owner_columns = owner | join(', ') -%}
    {%- set column = owner_columns ~ ', ' ~ cell_x ~ ', ' ~ cell_y -%}
run_steps as (

    select
        *,
        {{ bucket }} - row_number() over (partition by {{ column }} order by {{ bucket }}) as run_key
    from {{ relation }}

),

run_starts as (

    select
        *,
        min({{ bucket }}) over (partition by {{ column }}, run_key) as run_start
    from run_steps

),

labels_0 as (

    select
        *,
        {{ public_key(owner + [cell_x, cell_y, 'run_start']) }} as label
    from run_starts

),
{% for round in range(1, cluster_rounds() + 1) %}
passed_{{ round }} as (

    select
        *,
        least(
            {%- for offset in range(8) %}
            min(label) over (
                partition by
                    {{ owner_columns }},
                    floor(({{ bucket }} + {{ offset // 4 }}) / 2),
                    floor(({{ cell_x }} + {{ offset // 2 % 2 }}) / 2),
                    floor(({{ cell_y }} + {{ offset % 2 }}) / 2)
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as passed_label
    from labels_{{ round - 1 }}

),

shared_{{ round }} as (

    select
        *,
        min(passed_label) over (partition by {{ owner_columns }}, label) as shared_label
    from passed_{{ round }}

),

labels_{{ round }} as (

    select
        {{ owner_columns }},
        {{ bucket }},
        {{ cell_x }},
        {{ cell_y }},
        {{ columns | join(', ') }},
        shared_label as label
    from shared_{{ round }}

),
{% endfor %}
labelled_cells as (

    select * from labels_{{ cluster_rounds() }}

)
{%- endmacro %}

{% macro cluster_rounds() %}{{ return(8) }}{% endmacro %}
