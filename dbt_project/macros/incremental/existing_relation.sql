{# A relation of this warehouse as the run found it, or none: read without a `ref`, because the model that owns it runs later. #}
{% macro existing_relation(schema, identifier) %}
    {% if not execute %}{{ return(none) }}{% endif %}
    {{ return(adapter.get_relation(database=target.database if target.type == 'duckdb' else none, schema=schema, identifier=identifier)) }}
{% endmacro %}
