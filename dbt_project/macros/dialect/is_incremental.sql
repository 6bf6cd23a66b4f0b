{# Whether a model adds to a table that is there. Where nothing may be asked (`dbt compile --no-introspect`, the gate that every model
   compiles for an engine without one running) a model is compiled as its first build; dbt's own macro would look for the table. #}
{% macro is_incremental() -%}
    {{ return(flags.INTROSPECT and dbt.is_incremental()) }}
{%- endmacro %}
