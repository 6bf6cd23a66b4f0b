{# How a run replaces what it computed anew. What is deleted is driven by the list of stale dates or scopes, never by the rows
   produced: a date that ends up empty is emptied (`a_merge_that_empties_a_date_leaves_nothing_behind`). #}

{% macro get_incremental_replace_dates_sql(arguments) %}
    {{ return(adapter.dispatch('replace_dates_sql')(arguments)) }}
{% endmacro %}

{% macro get_incremental_replace_scopes_sql(arguments) %}
    {{ return(adapter.dispatch('replace_scopes_sql')(arguments)) }}
{% endmacro %}

{% macro get_incremental_add_to_dates_sql(arguments) %}
    {{ return(adapter.dispatch('add_to_dates_sql')(arguments)) }}
{% endmacro %}

{% macro default__add_to_dates_sql(arguments) %}
    {{ exceptions.raise_compiler_error('add_to_dates is untested on ' ~ target.type) }}
{% endmacro %}

{% macro default__replace_dates_sql(arguments) %}
    {{ exceptions.raise_compiler_error('replace_dates is untested on ' ~ target.type) }}
{% endmacro %}

{% macro default__replace_scopes_sql(arguments) %}
    {{ exceptions.raise_compiler_error('replace_scopes is untested on ' ~ target.type) }}
{% endmacro %}

{% macro duckdb__replace_dates_sql(arguments) %}
    delete from {{ arguments.target_relation }}
    where {{ config.get('meta')['date_column'] }} in ({{ stale_partition_dates() }});
    {{ insert_all_columns(arguments) }}
{% endmacro %}

{# Of `events`: dates that count anew go whole; on the others what arrived takes the place of its earlier deliveries. Here alone rows decide
   what is deleted: each key that arrived has exactly one row again. #}
{% macro duckdb__add_to_dates_sql(arguments) %}
    delete from {{ arguments.target_relation }}
    where event_date in (select stale.event_date from {{ ref('stale_event_dates') }} as stale where stale.is_rebuilt);
    delete from {{ arguments.target_relation }} as target
    using {{ arguments.temp_relation }} as arrived
    where
        target.event_date = arrived.event_date
        and target.event_key = arrived.event_key
        {{ and_stale_event_date('target.event_date') }};
    {{ insert_all_columns(arguments) }}
{% endmacro %}

{% macro duckdb__replace_scopes_sql(arguments) %}
    {%- set time_column = config.get('meta')['scope_column'] -%}
    delete from {{ arguments.target_relation }} as target
    using {{ ref('stale_scopes') }} as stale_scopes
    where
        target.session_key = stale_scopes.session_key
        and target.{{ time_column }} between stale_scopes.scope_from and stale_scopes.scope_to
        and target.{{ time_column }} between {{ stale_scope_bounds() }};
    {{ insert_all_columns(arguments) }}
{% endmacro %}

{# The values of a model's date column that a run computes anew. #}
{% macro stale_partition_dates() -%}
    {%- set meta = config.get('meta') -%}
    {%- set stale_column = 'event_date' if meta['stale_dates'] == 'stale_event_dates' else 'report_date' -%}
    select {{ meta.get('stale_expression', stale_column) }} from {{ ref(meta['stale_dates']) }}
{%- endmacro %}

{% macro insert_all_columns(arguments) %}
    {%- set columns = get_quoted_csv(arguments.dest_columns | map(attribute='name')) -%}
    insert into {{ arguments.target_relation }} ({{ columns }})
    select {{ columns }} from {{ arguments.temp_relation }}
{% endmacro %}
