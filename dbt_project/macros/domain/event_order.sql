{# The order of events inside a session key (rule 7), as the `order by` of a window ... #}
{% macro event_order(relation='') -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {{ prefix }}occurred_at, {{ prefix }}sequence_number asc nulls last, {{ prefix }}event_id, {{ prefix }}source, {{ prefix }}event_date
{%- endmacro %}

{# ... and as one comparable value, for min_by and max. #}
{% macro event_rank(relation='') -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {{ comparable_row([
        prefix ~ 'occurred_at', 'coalesce(' ~ prefix ~ 'sequence_number, 9223372036854775807)',
        prefix ~ 'event_id', prefix ~ 'source', prefix ~ 'event_date'
    ]) }}
{%- endmacro %}
