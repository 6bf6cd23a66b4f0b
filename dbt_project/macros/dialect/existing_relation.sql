{# A relation of this warehouse as the run found it, or none: read without a `ref`, because the model that owns it runs later.
   None too where nothing may be asked (`dbt compile --no-introspect`): what a first build would run. #}
{% macro existing_relation(schema, identifier) -%}
    {%- if not execute or not flags.INTROSPECT -%}{{ return(none) }}{%- endif -%}
    {{ return(adapter.dispatch('existing_relation')(schema, identifier)) }}
{%- endmacro %}

{% macro default__existing_relation(schema, identifier) -%}
    {{ exceptions.raise_compiler_error('existing_relation is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__existing_relation(schema, identifier) -%}
    {{ return(adapter.get_relation(database=target.database, schema=schema, identifier=identifier)) }}
{%- endmacro %}

{% macro spark__existing_relation(schema, identifier) -%}
    {{ return(adapter.get_relation(database=none, schema=schema, identifier=identifier)) }}
{%- endmacro %}
