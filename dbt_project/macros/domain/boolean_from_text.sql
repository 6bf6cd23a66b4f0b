{# A text as a boolean, where it is one of the usual words for yes and no; null otherwise. #}
{% macro boolean_from_text(text) -%}
    case
        when {{ lowercase(trimmed(text)) }} in ('true', 't', 'yes', 'y', '1') then true
        when {{ lowercase(trimmed(text)) }} in ('false', 'f', 'no', 'n', '0') then false
    end
{%- endmacro %}
