{# Labels the connected sets of cells in space and time, as the CTE `labelled_cells`: the rows of a relation (with `columns`) and their
   `label`, which cells share that touch each other directly or through others of the relation. Cells touch when their places differ
   by at most 1 each way (sides and corners) and their buckets by at most `cluster_bucket_reach`.

   Any two neighbouring places lie together in one of the four tilings of the frame into 2 x 2 places, and all places of a tile are
   neighbours. A round gives every cell the least number of the cells around it, which are those within reach in its four tiles; then
   every set of cells that had a number in common the least that any of them got. Sets begin as runs of one place's buckets without
   a longer pause, numbered in no order (by md5), so that a set meets a smaller number nearby whatever its shape, and sets become fewer
   by two fifths or more each round: twelve rounds join some five hundred runs in a chain, and anything round in three. A test asks
   whether the rounds were enough.

   Windows alone: a recursion that stops when nothing changes is more than Spark can say (UNION and windows are refused in it, 4.3), and
   a chain in which every step reads the one before once is planned once. All windows after the numbering lie within an owner,
   which Spark shuffles once: one round and eight are as many exchanges (measured 2026-11-22). #}
{% macro touching_cells(relation, owner, bucket, cell_x, cell_y, columns) -%}
    {%- set owner_columns = owner | join(', ') -%}
    {%- set place = owner_columns ~ ', ' ~ cell_x ~ ', ' ~ cell_y -%}
    {%- set kept = [owner_columns, bucket, cell_x, cell_y, columns | join(', '), 'run_label'] | join(', ') -%}
    {%- set reach = cluster_bucket_reach() -%}
run_steps as (

    select
        *,
        case
            when {{ bucket }} - lag({{ bucket }}) over (partition by {{ place }} order by {{ bucket }}) <= {{ reach }} then null
            else {{ bucket }}
        end as own_start
    from {{ relation }}

),

run_starts as (

    select
        *,
        max(own_start) over (
            partition by {{ place }}
            order by {{ bucket }}
            rows between unbounded preceding and current row
        ) as run_start
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
            {%- for offset in range(4) %}
            min(number) over (
                partition by
                    {{ owner_columns }},
                    floor(({{ cell_x }} + {{ offset // 2 }}) / 2),
                    floor(({{ cell_y }} + {{ offset % 2 }}) / 2)
                order by {{ bucket }}
                range between {{ reach }} preceding and {{ reach }} following
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

{# By how many buckets cells that touch differ at most: a pause of so many others may lie between them. #}
{% macro cluster_bucket_reach() %}{{ return(var('hotspot_pause_buckets') + 1) }}{% endmacro %}
