-- One row: the version of the last finished run, on which this one builds; `none` where there is no such run or nothing of it may be used.
{% set built = existing_relation('state', 'built_loads') %}
{% if built is none or flags.FULL_REFRESH -%}
select cast('none' as {{ string_type() }}) as version
{%- else -%}
select coalesce(max(version), 'none') as version from {{ built }}
{%- endif %}
