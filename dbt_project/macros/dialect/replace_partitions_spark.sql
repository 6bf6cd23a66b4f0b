{# replace_dates and replace_scopes on Spark, where Parquet tables know no delete: whole partitions are written again. A table is partitioned
   by the date that `meta` names, so only the dates of what is stale are touched. Each step may be repeated: a run killed between two
   of them is healed by the next, because the scope journal and the built loads still call the same keys and dates stale. #}

{% macro spark__partition_cols(label, required=false) -%}
    {%- set column = spark_partition_column() -%}
    {%- if column -%}{{ label }} ({{ column }}){%- endif -%}
{%- endmacro %}

{% macro spark_partition_column() -%}
    {%- set meta = config.get('meta') or {} -%}
    {{ return(meta.get('date_column') or meta.get('scope_date')) }}
{%- endmacro %}

{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) -%}
    {%- if raw_strategy not in ['append', 'add_to_dates', 'replace_dates', 'replace_scopes'] -%}
        {%- do exceptions.raise_compiler_error('incremental_strategy ' ~ raw_strategy ~ ' is none of append, add_to_dates, replace_dates, replace_scopes') -%}
    {%- endif -%}
    {{ return(raw_strategy) }}
{%- endmacro %}

{% macro dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) -%}
    {%- if strategy == 'append' -%}
        {{ get_insert_into_sql(source, target) }}
    {%- elif strategy in ['add_to_dates', 'replace_dates'] -%}
        {{ spark_replace_dates_sql(source, target) }}
    {%- else -%}
        {{ spark_replace_scopes_sql(source, target) }}
    {%- endif -%}
{%- endmacro %}

{% macro spark_replace_dates_sql(source, target) -%}
    {%- set dates = spark_dates(stale_partition_dates()) -%}
    {%- if dates | length == 0 -%}
        select 'nothing is stale' as outcome
    {%- else -%}
        {%- do spark_drop_emptied_partitions(target, source, spark_partitions(target, dates)) -%}
        {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
        {%- do spark_overwrite_partitions_only() -%}
        insert overwrite table {{ target }} partition ({{ spark_partition_column() }})
        select {{ columns }} from {{ source }}
    {%- endif -%}
{%- endmacro %}

{# A scope's rows lie in the partitions of its dates, and so do rows of other keys: those are written again beside the new ones. #}
{% macro spark_replace_scopes_sql(source, target) -%}
    {%- set column = spark_partition_column() -%}
    {%- set dates = spark_dates(
        'select explode(sequence(cast(scope_from as date), cast(scope_to as date), interval 1 day)) from ' ~ ref('stale_scopes')
    ) -%}
    {%- if dates | length == 0 -%}
        select 'nothing is stale' as outcome
    {%- else -%}
        {%- set time_column = config.get('meta')['scope_column'] -%}
        {%- set kept -%}
            from {{ target }} as kept
            where
                {{ column }} in ({{ spark_date_literals(dates) }})
                and not exists (
                    select 1 from {{ ref('stale_scopes') }} as stale_scopes
                    where
                        kept.session_key = stale_scopes.session_key
                        and kept.{{ time_column }} between stale_scopes.scope_from and stale_scopes.scope_to
                )
        {%- endset -%}
        {%- set doubtful = spark_partitions(target, dates) -%}
        {%- if doubtful -%}
            {%- set doubtful = doubtful | reject('in', spark_dates('select ' ~ column ~ ' ' ~ kept)) | list -%}
            {%- do spark_drop_emptied_partitions(target, source, doubtful) -%}
        {%- endif -%}
        {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
        {%- do spark_overwrite_partitions_only() -%}
        insert overwrite table {{ target }} partition ({{ column }})
        select {{ columns }} from {{ source }}
        union all
        select {{ columns }} {{ kept }}
    {%- endif -%}
{%- endmacro %}

{# Overwriting replaces the partitions that get rows. Of the others, those that lost theirs are dropped. The model is asked a second time
   which dates it fills, but for one column and only where a partition may have to go. #}
{% macro spark_drop_emptied_partitions(target, source, doubtful) -%}
    {%- if doubtful -%}
        {%- set column = spark_partition_column() -%}
        {%- set filled = spark_dates('select ' ~ column ~ ' from ' ~ source ~ ' where ' ~ column ~ ' in (' ~ spark_date_literals(doubtful) ~ ')') -%}
        {%- set partitions = [] -%}
        {%- for date in doubtful if date not in filled -%}
            {%- do partitions.append('partition (' ~ column ~ " = date '" ~ date ~ "')") -%}
        {%- endfor -%}
        {%- if partitions -%}
            {%- do run_query('alter table ' ~ target ~ ' drop if exists ' ~ partitions | join(', ')) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# Without it the whole table would be replaced. Set here, beside the statements that hang on it, not trusted to a profile. #}
{% macro spark_overwrite_partitions_only() -%}
    {%- do run_query('set spark.sql.sources.partitionOverwriteMode = dynamic') -%}
{%- endmacro %}

{# Which of some dates have a partition. #}
{% macro spark_partitions(target, dates) -%}
    {%- set present = [] -%}
    {%- for row in run_query('show partitions ' ~ target).rows -%}
        {%- do present.append(row[0].split('=')[1]) -%}
    {%- endfor -%}
    {{ return(present | select('in', dates) | list) }}
{%- endmacro %}

{# The distinct dates that a query of one column yields, as texts. #}
{% macro spark_dates(query) -%}
    {%- set dates = [] -%}
    {%- for value in run_query('select distinct cast(day as string) as day from (' ~ query ~ ') as days (day) where day is not null').columns[0].values() -%}
        {%- do dates.append(value | string) -%}
    {%- endfor -%}
    {{ return(dates) }}
{%- endmacro %}

{% macro spark_date_literals(dates) -%}
    {% for date in dates %}date '{{ date }}'{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}
