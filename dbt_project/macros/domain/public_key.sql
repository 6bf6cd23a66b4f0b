{# A key shown to users: md5 hex over the columns' texts, the same on every engine. #}
{% macro public_key(columns) -%}
    md5(concat_ws('|'{% for column in columns %}, coalesce(cast({{ column }} as {{ string_type() }}), ''){% endfor %}))
{%- endmacro %}
