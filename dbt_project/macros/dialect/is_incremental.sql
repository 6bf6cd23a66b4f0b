{# Whether a model adds to a table that is there. Where nothing may be asked (`dbt compile --no-introspect`, the gate that every model
   compiles for an engine without one running) a model is compiled as its first build; dbt's own macro would look for the table. So is a model under a unit test, which has no table of its own. #}
{% macro is_incremental() -%}
    {{ return(flags.INTROSPECT and this is not none and dbt.is_incremental()) }}
{%- endmacro %}
