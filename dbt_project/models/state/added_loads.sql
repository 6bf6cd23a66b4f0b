-- One row per load and event date that the last finished run does not hold.
{% set built = existing_relation('state', 'built_loads') %}
with

final as (

    select source, event_date, load_id, content_id from {{ ref('current_loads') }}
    {% if built is not none and not flags.FULL_REFRESH -%}
        except
        select source, event_date, load_id, content_id from {{ built }}
    {%- endif %}

)

select * from final
