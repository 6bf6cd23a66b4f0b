{# Operations that let a publish read tables which do not lie in DuckDB's own file. Each answers with one line of JSON in dbt's log, since an
   operation returns nothing. On DuckDB nothing has to be handed over. #}

{# Where tables lie. `relations` is a list of {schema, name}. #}
{% macro locate_tables(relations) -%}
    {{ return(adapter.dispatch('locate_tables')(relations)) }}
{%- endmacro %}

{% macro default__locate_tables(relations) -%}
    {{ exceptions.raise_compiler_error('locate_tables is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__locate_tables(relations) -%}
    {%- do exceptions.raise_compiler_error("DuckDB's tables lie in its own file: there is nothing to hand over") -%}
{%- endmacro %}

{% macro spark__locate_tables(relations) -%}
    {%- set found = [] -%}
    {%- for relation in relations -%}
        {%- set name = relation['schema'] ~ '.' ~ relation['name'] -%}
        {%- set facts = audience.spark_facts('describe table extended ' ~ name) -%}
        {%- set partitions = [] -%}
        {%- if 'Partition Provider' in facts -%}
            {%- for row in run_query('show partitions ' ~ name).rows -%}
                {%- do partitions.append(row[0]) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- do found.append({
            'schema': relation['schema'],
            'name': relation['name'],
            'is_view': facts['Type'] == 'VIEW',
            'location': facts.get('Location'),
            'partitions': partitions if 'Partition Provider' in facts else none
        }) -%}
    {%- endfor -%}
    {%- do log('handed over: ' ~ tojson(found), info=true) -%}
{%- endmacro %}

{# Writes what views show as Parquet. `views` is a list of {schema, name, folder, date_column, dates}: with a date column only those dates. #}
{% macro write_views(views) -%}
    {{ return(adapter.dispatch('write_views')(views)) }}
{%- endmacro %}

{% macro default__write_views(views) -%}
    {{ exceptions.raise_compiler_error('write_views is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__write_views(views) -%}
    {%- do exceptions.raise_compiler_error("DuckDB's views lie in its own file: there is nothing to hand over") -%}
{%- endmacro %}

{% macro spark__write_views(views) -%}
    {%- for view in views -%}
        {%- set statement -%}
            insert overwrite directory '{{ view['folder'] }}' using parquet
            select * from {{ view['schema'] }}.{{ view['name'] }}
            {% if view['date_column'] %}where {{ view['date_column'] }} in ({{ spark_date_literals(view['dates']) }}){% endif %}
        {%- endset -%}
        {%- do run_query(statement) -%}
    {%- endfor -%}
{%- endmacro %}

{# Which tables the catalog knows in each schema, and where the schema's tables are made. #}
{% macro list_schemas_with_tables(schemas) -%}
    {{ return(adapter.dispatch('list_schemas_with_tables')(schemas)) }}
{%- endmacro %}

{% macro default__list_schemas_with_tables(schemas) -%}
    {{ exceptions.raise_compiler_error('list_schemas_with_tables is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__list_schemas_with_tables(schemas) -%}
    {%- do exceptions.raise_compiler_error("DuckDB's tables lie in its own file: it leaves none behind") -%}
{%- endmacro %}

{% macro spark__list_schemas_with_tables(schemas) -%}
    {%- set held = run_query('show schemas').columns[0].values() | list -%}
    {%- set found = [] -%}
    {%- for schema in schemas if schema in held -%}
        {%- set tables = [] -%}
        {%- for row in run_query('show tables in ' ~ schema).rows -%}
            {%- do tables.append(row[1]) -%}
        {%- endfor -%}
        {%- set facts = audience.spark_facts('describe schema ' ~ schema) -%}
        {%- do found.append({'schema': schema, 'location': facts['Location'], 'tables': tables}) -%}
    {%- endfor -%}
    {%- do log('handed over: ' ~ tojson(found), info=true) -%}
{%- endmacro %}

{# What a `describe` says beside the columns, by name. A column of such a name comes before it, and gives way. #}
{% macro spark_facts(statement) -%}
    {%- set facts = {} -%}
    {%- for row in run_query(statement).rows -%}
        {%- do facts.update({row[0]: row[1]}) -%}
    {%- endfor -%}
    {{ return(facts) }}
{%- endmacro %}
