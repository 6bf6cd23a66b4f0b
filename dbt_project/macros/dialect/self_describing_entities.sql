{# Self-describing data of a record, as a list of pairs: `key`, the schema's vendor and name in lower case, all parts joined by `_` (its version is
   left out: minor ones differ from tracker to tracker), and `value`, the data's JSON text. It is found in lists of `columns` (JSON texts of
   an object whose `data` is a list of {schema, data}), and in keys of the `record`, where one is given, that are written
   `<prefix><vendor>_<name>_<version>`. What is no such text holds none. #}
{% macro self_describing_entities(record, columns, prefix) -%}
    {{ return(adapter.dispatch('self_describing_entities')(record, columns, prefix)) }}
{%- endmacro %}

{% macro default__self_describing_entities(record, columns, prefix) -%}
    {{ exceptions.raise_compiler_error('self_describing_entities is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__self_describing_entities(record, columns, prefix) -%}
    list_concat(
        {% for column in columns -%}
            list_transform(
                struct_extract(try(json_transform({{ column }}, '{"data":[{"schema":"VARCHAR","data":"JSON"}]}')), 'data'),
                lambda each: {
                    'key': lower(translate(replace(split_part(each.schema, '/jsonschema/', 1), 'iglu:', ''), './-', '___')),
                    'value': cast(each.data as varchar)
                }
            ),
        {% endfor -%}
        {% if record -%}
        list_transform(
            list_filter(
                map_entries(json_transform(case when contains({{ record }}, '"{{ prefix }}') then {{ record }} end, '"MAP(VARCHAR,JSON)"')),
                lambda each: starts_with(each.key, '{{ prefix }}')
            ),
            lambda each: {
                'key': lower(regexp_replace(substr(each.key, {{ prefix | length + 1 }}), '(_[0-9]+)+$', '')),
                'value': cast(coalesce(each.value -> '$[0]', each.value) as varchar)
            }
        )
        {%- else -%}
            []
        {%- endif %}
    )
{%- endmacro %}

{% macro spark__self_describing_entities(record, columns, prefix) -%}
    concat(
        {% for column in columns -%}
            coalesce(
                transform(
                    from_json({{ column }}, 'struct<data:array<struct<schema:string,data:string>>>').data,
                    each -> struct(
                        lower(translate(replace(split_part(each.schema, '/jsonschema/', 1), 'iglu:', ''), './-', '___')) as key,
                        each.data as value
                    )
                ),
                array()
            ),
        {% endfor -%}
        {% if record -%}
        coalesce(
            transform(
                filter(
                    map_entries(from_json(case when contains({{ record }}, '"{{ prefix }}') then {{ record }} end, 'map<string,string>')),
                    each -> startswith(each.key, '{{ prefix }}')
                ),
                each -> struct(
                    lower(regexp_replace(substr(each.key, {{ prefix | length + 1 }}), '(_[0-9]+)+$', '')) as key,
                    coalesce(get_json_object(each.value, '$[0]'), each.value) as value
                )
            ),
            array()
        )
        {%- else -%}
            array()
        {%- endif %}
    )
{%- endmacro %}

{# The data of the first of them whose schema's vendor and name end so; null where there is none. #}
{% macro entity_data(entities, name) -%}
    {{ return(adapter.dispatch('entity_data')(entities, name)) }}
{%- endmacro %}

{% macro default__entity_data(entities, name) -%}
    {{ exceptions.raise_compiler_error('entity_data is untested on ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__entity_data(entities, name) -%}
    list_filter({{ entities }}, lambda each: ends_with(each.key, '{{ name }}'))[1].value
{%- endmacro %}

{% macro spark__entity_data(entities, name) -%}
    get(filter({{ entities }}, each -> endswith(each.key, '{{ name }}')), 0).value
{%- endmacro %}
