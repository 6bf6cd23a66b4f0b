{# Keeps the rows of a relation that a run must compute anew: those of a stale session key within its stale scope. A scope never
   cuts a session or a view (see models/state/scope_journal.sql). Nothing in a full build. #}
{% macro join_stale_scopes(relation, time_column) -%}
    {%- if is_incremental() -%}
        inner join {{ ref('stale_scopes') }} as stale_scopes
            on
                {{ relation }}.session_key = stale_scopes.session_key
                and {{ relation }}.{{ time_column }} between stale_scopes.scope_from and stale_scopes.scope_to
        where {{ relation }}.{{ time_column }} between {{ stale_scope_bounds() }}
    {%- endif -%}
{%- endmacro %}

{# The earliest and the latest moment of all stale scopes as literals, so that row groups outside are skipped. #}
{% macro stale_scope_bounds() -%}
    {%- set bounds = run_query('select min(scope_from), max(scope_to) from ' ~ ref('stale_scopes')).rows[0] if execute else [none, none] -%}
    timestamp '{{ bounds[0] or "2000-01-01 00:00:00" }}' and timestamp '{{ bounds[1] or "2000-01-01 00:00:00" }}'
{%- endmacro %}
