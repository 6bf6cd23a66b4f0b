{# A hash of what a record says, the same on every engine: a sync sends it again when the hash changes. Numbers count to six decimals, times
   to microseconds; the separators occur in no text, so that no two records read alike. #}
{% macro record_hash(texts, numbers=[], times=[]) -%}
    {%- set parts = [] -%}
    {%- for column in texts -%}{% do parts.append(column) %}{%- endfor -%}
    {%- for column in numbers -%}{% do parts.append('cast(cast(' ~ column ~ ' as decimal(28, 6)) as ' ~ string_type() ~ ')') %}{%- endfor -%}
    {%- for column in times -%}{% do parts.append('cast(' ~ epoch_microseconds(column) ~ ' as ' ~ string_type() ~ ')') %}{%- endfor -%}
    md5(concat_ws(chr(31){% for part in parts %}, coalesce({{ part }}, chr(30)){% endfor %}))
{%- endmacro %}
