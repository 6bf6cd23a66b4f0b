{# A text as a timestamp, where it is an ISO 8601 date or date and time; an offset is converted, no zone means UTC. Null otherwise: what else
   an engine takes for a time ('now', '24:00', a bare year) differs. #}
{% macro timestamp_from_text(text) -%}
    {{ return(adapter.dispatch('timestamp_from_text')(text)) }}
{%- endmacro %}

{% macro default__timestamp_from_text(text) -%}
    {{ exceptions.raise_compiler_error('timestamp_from_text is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__timestamp_from_text(text) -%}
    case
        when regexp_full_match({{ text }}, '\d{4}-\d{2}-\d{2}([ T]([01]\d|2[0-3]):\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?')
            then try_cast({{ text }} as timestamptz) at time zone 'UTC'
    end
{%- endmacro %}

{% macro spark__timestamp_from_text(text) -%}
    case
        when {{ text }} rlike '^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?\\z'
            then try_cast({{ text }} as timestamp)
    end
{%- endmacro %}
