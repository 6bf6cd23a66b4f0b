-- One row per session key that this run computes anew, with the stretch of its activity.
{% set built = existing_relation('state', 'built_loads') %}
with

final as (

    select
        session_key,
        min(scope_from) as scope_from,
        max(scope_to) as scope_to
    from {{ ref('scope_journal') }}
    {% if built is none -%}
        where base_version = 'none'
    {%- else -%}
        where base_version = (select coalesce(max(version), 'none') from {{ built }})
    {%- endif %}
    group by session_key

)

select * from final
