{# The records of one catalog entity, typed: one parse of each, `workspace_id` first, then `fields` (a mapping of name to kind: key,
   identifier, text, number, seconds, decimal, flag, time). A record without one of its keys describes nothing and is left out. #}
{% macro authored_records(entity, fields) -%}
    with

    records as (

        select
            as_of,
            emptied_at,
            load_id,
            line_number,
            {%- set paths = [(['workspace_id'], 'string')] -%}
            {%- for name in fields %}{% do paths.append(([name], 'string')) %}{% endfor %}
            {{ json_record('record', paths) }} as parsed
        from {{ ref('stg_catalog__records') }}
        where entity = '{{ entity }}'

    ),

    typed as (

        select
            as_of,
            emptied_at,
            load_id,
            line_number,
            coalesce({{ identifier(json_field('parsed', ['workspace_id'])) }}, 'default') as workspace_id,
            {% for name, kind in fields.items() -%}
                {{ authored_value(json_field('parsed', [name]), kind) }} as {{ name }}{{ ',' if not loop.last }}
            {% endfor %}
        from records

    ),

    final as (

        select * from typed
        where
            1 = 1
            {% for name, kind in fields.items() if kind == 'key' -%}
                and {{ name }} is not null
            {% endfor %}

    )

    select * from final
{%- endmacro %}

{% macro authored_value(text, kind) -%}
    {%- if kind in ['key', 'identifier'] -%} {{ identifier(text) }}
    {%- elif kind == 'text' -%} {{ text }}
    {%- elif kind == 'number' -%} {{ number_from_text(text) }}
    {%- elif kind == 'seconds' -%} nullif({{ plausible_seconds(number_from_text(text)) }}, 0)
    {%- elif kind == 'decimal' -%} {{ number_from_text(text, 'decimal(20, 6)') }}
    {%- elif kind == 'flag' -%} {{ boolean_from_text(text) }}
    {%- elif kind == 'time' -%} {{ timestamp_from_text(text) }}
    {%- else -%} {{ exceptions.raise_compiler_error('unknown kind of field: ' ~ kind) }}
    {%- endif -%}
{%- endmacro %}
