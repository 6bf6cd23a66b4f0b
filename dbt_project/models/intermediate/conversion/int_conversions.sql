-- One row per conversion: a goal was reached outside the player, with what it was worth.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scopes',
    meta={'scope_column': 'occurred_at', 'scope_date': 'occurred_date'},
) }}
-- depends_on: {{ ref('stale_scopes') }}
{% set said = {
    'goal': ['goal', 'goal_id', 'goal_name'],
    'conversion_kind': ['conversion_kind', 'conversion_type', 'kind', 'type'],
    'order_id': ['order_id', 'transaction_id'],
} %}
{# Of a record that wraps its properties these say which call it is. #}
{% set of_calls = ['kind', 'type'] %}
{% set paths = [] %}
{% for name in said.values() | sum(start=[]) %}{% do paths.append(([name], 'string')) %}{% endfor %}
with

actions as (

    select actions.* from {{ ref('int_actions') }} as actions
    {{ join_stale_scopes('actions', 'occurred_at') }}
    {{ 'and' if is_incremental() else 'where' }} actions.event_type = 'conversion'

),

wrapped as (

    select
        *,
        {{ json_object_text(json_text_at('properties', '$.properties')) }} as inner_properties
    from actions

),

parsed as (

    select
        *,
        {{ json_record('properties', paths) }} as said,
        {{ json_record('inner_properties', paths) }} as said_within
    from wrapped

),

final as (

    select
        ---------- keys
        session_key,
        session_started_at,
        action_id as conversion_id,

        ---------- who, when, where
        workspace_id,
        source,
        device_id,
        user_id,
        playback_id,
        occurred_at,
        occurred_date,
        video_id,
        node_id,
        element_id,

        ---------- what
        value,
        {{ currency_code('currency') }} as currency,
        {% for column, names in said.items() -%}
            coalesce(
                {% for name in names -%}
                    {{ identifier(json_field('said_within', [name])) }},
                {% endfor -%}
                {% for name in names -%}
                    {% if name in of_calls -%}
                        case when inner_properties is null then {{ identifier(json_field('said', [name])) }} end
                    {%- else -%}
                        {{ identifier(json_field('said', [name])) }}
                    {%- endif %}{{ ',' if not loop.last }}
                {% endfor %}
            ) as {{ column }},
        {% endfor -%}
        properties

    from parsed

)

select * from final
