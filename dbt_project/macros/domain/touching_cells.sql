{# Labels the connected sets of cells in space and time (26 neighbours: sides, edges and corners), as the CTE `labelled_cells`: the rows
   of a relation (with `columns`) and their `label`, which cells share that touch each other directly or through others of the relation.

   Any two neighbours lie together in one of the eight tilings of space into 2 x 2 x 2 blocks, and all cells of a block are
   neighbours. A round gives every cell the least number in its eight blocks, then every set of cells that had a number in common
   the least that any of them got. Sets begin as runs of one cell's consecutive buckets, numbered in no order (by md5), so that a set
   meets a smaller number nearby whatever its shape, and sets become fewer by two fifths or more each round: twelve rounds join some
   five hundred runs in a chain, and anything round in three. A test asks whether the rounds were enough.

   Windows alone: a recursion that stops when nothing changes is more than Spark can say (UNION and windows are refused in it, 4.3), and
   a chain in which every step reads the one before once is planned once. All windows after the numbering lie within an owner,
   which Spark shuffles once: one round and eight are as many exchanges (measured 2026-11-22). #}
{% macro touching_cells(relation, owner, bucket, cell_x, cell_y, columns) -%}
    {%- set owner_columns = owner | join(', ') -%}
    {%- set column = owner_columns ~ ', ' ~ cell_x ~ ', ' ~ cell_y -%}
    {%- set kept = [owner_columns, bucket, cell_x, cell_y, columns | join(', '), 'run_label'] | join(', ') -%}
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

run_labels as (

    select
        *,
        {{ public_key(owner + [cell_x, cell_y, 'run_start']) }} as run_label
    from run_starts

),

numbers_0 as (

    select
        {{ kept }},
        dense_rank() over (partition by {{ owner_columns }} order by run_label) as number
    from run_labels

),
{% for round in range(1, cluster_rounds() + 1) %}
passed_{{ round }} as (

    select
        *,
        least(
            {%- for offset in range(8) %}
            min(number) over (
                partition by
                    {{ owner_columns }},
                    floor(({{ bucket }} + {{ offset // 4 }}) / 2),
                    floor(({{ cell_x }} + {{ offset // 2 % 2 }}) / 2),
                    floor(({{ cell_y }} + {{ offset % 2 }}) / 2)
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as passed_number
    from numbers_{{ round - 1 }}

),

numbers_{{ round }} as (

    select
        {{ kept }},
        min(passed_number) over (partition by {{ owner_columns }}, number) as number
    from passed_{{ round }}

),
{% endfor %}
labelled_cells as (

    select
        {{ [owner_columns, bucket, cell_x, cell_y, columns | join(', ')] | join(', ') }},
        min(run_label) over (partition by {{ owner_columns }}, number) as label
    from numbers_{{ cluster_rounds() }}

)
{%- endmacro %}

{% macro cluster_rounds() %}{{ return(12) }}{% endmacro %}
