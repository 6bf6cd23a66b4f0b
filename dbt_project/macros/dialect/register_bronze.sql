{# Makes the lake readable before a run: views over its files on DuckDB, external tables over them on Spark. They are made anew each run, so that
   it sees what has landed since, wherever the home lies now; and the models name no place, so that one parse of them serves all homes. #}
{% macro register_bronze() -%}
    {%- if execute and flags.WHICH in ['run', 'build', 'retry', 'test'] -%}
        {{ return(adapter.dispatch('register_bronze')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__register_bronze() -%}
    {{ exceptions.raise_compiler_error('register_bronze is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__register_bronze() -%}
    {%- set lake = env_var('AUDIENCE_HOME', 'var') -%}
    {#- what a glob would interpret, and what would end the literal -#}
    {%- set place = modules.re.sub('([*?[])', '[\\1]', lake).replace("'", "''") -%}
    {%- do run_query('create schema if not exists bronze') -%}
    {%- for source in graph.sources.values() if source.source_name == 'bronze' -%}
        {%- if source.name == 'manifests' -%}
            {%- set columns = audience.duckdb_manifest_columns() -%}
            {%- set reader = "read_json('" ~ place ~ "/bronze/_manifests/*/*.json', format = 'newline_delimited', columns = " ~ columns ~ ')' -%}
        {%- elif source.name == 'quarantine' -%}
            {%- set reader = "read_parquet('" ~ place ~ "/quarantine/*/*.parquet')" -%}
        {%- else -%}
            {%- set reader = "read_parquet('" ~ place ~ '/bronze/' ~ source.name ~ "/*/*.parquet', hive_partitioning = true)" -%}
        {%- endif -%}
        {%- do run_query('create or replace view bronze.' ~ source.name ~ ' as select * from ' ~ reader) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro duckdb_manifest_columns() -%}
    {{ return(
        "{load_id: 'varchar', source: 'varchar', shape_version: 'bigint', content_id: 'varchar', path: 'varchar', bytes: 'bigint', "
        ~ "lines: 'bigint', accepted: 'bigint', rejected: 'bigint', blank: 'bigint', erased: 'bigint', loaded_at: 'timestamp', "
        ~ "status: 'varchar', superseded_by: 'varchar', entity: 'varchar', as_of: 'timestamp', "
        ~ "rows_by_date: 'struct(event_date date, rows bigint)[]'}"
    ) }}
{%- endmacro %}

{% macro spark__register_bronze() -%}
    {%- set lake = env_var('AUDIENCE_SPARK_HOME', env_var('AUDIENCE_HOME', 'var')) -%}
    {%- do run_query('create schema if not exists bronze') -%}
    {%- do audience.spark_check_lake(lake ~ '/bronze/_manifests') -%}
    {%- for source in graph.sources.values() if source.source_name == 'bronze' -%}
        {%- if source.name == 'manifests' -%}
            {%- do audience.spark_external_table('manifests', 'json', audience.spark_manifest_columns(), none, lake ~ '/bronze/_manifests') -%}
        {%- elif source.name == 'quarantine' -%}
            {%- set columns = audience.spark_parquet_columns(lake ~ '/quarantine/schema/schema.parquet') -%}
            {%- do audience.spark_external_table('quarantine', 'parquet', columns, none, lake ~ '/quarantine') -%}
        {%- else -%}
            {#- an emitter's records lie by date, the catalog's by entity -#}
            {%- set partition = 'entity string' if source.name == 'catalog' else 'event_date date' -%}
            {%- set sample = 'entity=schema' if source.name == 'catalog' else 'event_date=1970-01-01' -%}
            {%- set location = lake ~ '/bronze/' ~ source.name -%}
            {%- set columns = audience.spark_parquet_columns(location ~ '/' ~ sample ~ '/schema.parquet') -%}
            {%- do audience.spark_external_table(source.name, 'parquet', columns, partition, location) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{# Two lakes over one catalog would each take the other's tables for its own. #}
{% macro spark_check_lake(manifests) -%}
    {%- if 'manifests' in run_query('show tables in bronze').columns[1].values() -%}
        {%- set known = audience.spark_facts('describe table extended bronze.manifests')['Location'] -%}
        {%- if not known.endswith(manifests) -%}
            {%- do exceptions.raise_compiler_error(
                "This Spark's tables are made from the lake in " ~ known ~ ', not ' ~ manifests ~ '. Give each home a Spark (a metastore) of its own. '
                ~ 'If the lake has moved, run `drop schema bronze cascade` there once: the next run registers it where it lies now.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# `partition` is one column's definition, in the names of the folders, or none: then all folders below the location are read. #}
{% macro spark_external_table(name, format, columns, partition, location) -%}
    {%- do run_query('drop table if exists bronze.' ~ name) -%}
    {%- set definition -%}
        create table bronze.{{ name }} ({{ columns }}{{ ', ' ~ partition if partition }})
        using {{ format }}
        options (pathGlobFilter '*.{{ format }}'{{ ", recursiveFileLookup 'true'" if not partition }})
        {{ 'partitioned by (' ~ partition.split(' ')[0] ~ ')' if partition }}
        location '{{ location }}'
    {%- endset -%}
    {%- do run_query(definition) -%}
    {%- if partition -%}
        {%- do run_query('msck repair table bronze.' ~ name) -%}
    {%- endif -%}
{%- endmacro %}

{# The columns of a Parquet file as a table definition lists them. DuckDB's timestamps carry no zone and mean UTC, as sessions here do. #}
{% macro spark_parquet_columns(path) -%}
    {%- set columns = [] -%}
    {%- for row in run_query('describe query select * from parquet.`' ~ path ~ '`').rows -%}
        {%- do columns.append('`' ~ row[0] ~ '` ' ~ (row[1] | replace('timestamp_ntz', 'timestamp'))) -%}
    {%- endfor -%}
    {{ return(columns | join(', ')) }}
{%- endmacro %}

{% macro spark_manifest_columns() -%}
    {{ return(
        'load_id string, source string, shape_version bigint, content_id string, path string, bytes bigint, lines bigint, accepted bigint, '
        ~ 'rejected bigint, blank bigint, erased bigint, loaded_at timestamp, status string, superseded_by string, entity string, '
        ~ 'as_of timestamp, rows_by_date array<struct<event_date: date, `rows`: bigint>>'
    ) }}
{%- endmacro %}
