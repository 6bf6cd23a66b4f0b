{# What every finding in the catalog says of itself, but for its advice: `entity` is the file, `key` names the record in it,
   in the columns of the relation `of` (by default the only one in sight). #}
{% macro finding(name, severity, entity, key, of=none, has_video=true) -%}
    {%- set prefix = of ~ '.' if of else '' -%}
    {%- set named = [] -%}
    {%- for column in key %}{% do named.append(prefix ~ column) %}{% endfor -%}
    {{ prefix }}workspace_id,
        '{{ name }}' as finding,
        '{{ severity }}' as severity,
        '{{ entity }}' as entity,
        {{ prefix ~ 'video_id' if has_video else 'cast(null as ' ~ string_type() ~ ')' }} as video_id,
        {{ catalog_key(named) }} as entity_key
{%- endmacro %}
