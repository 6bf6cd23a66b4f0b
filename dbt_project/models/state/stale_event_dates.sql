-- One row per event date whose loads differ from those of the last finished run, or whose rebuild was asked for.
{% set built = existing_relation('state', 'built_loads') %}
{% set events = existing_relation('events', 'events') %}
with

current_loads as (

    select source, event_date, content_id from {{ ref('current_loads') }}

),

built_loads as (

    {% if built is none or flags.FULL_REFRESH -%}
        select source, event_date, content_id from current_loads
        where 1 = 0
    {%- else -%}
        select source, event_date, content_id from {{ built }}
        where content_id is not null
    {%- endif %}

),

added as (

    select source, event_date, content_id from current_loads
    except
    select source, event_date, content_id from built_loads

),

removed as (

    select source, event_date, content_id from built_loads
    except
    select source, event_date, content_id from current_loads

),

requested as (

    select distinct event_date from current_loads
    {% if var('backfill_from') and var('backfill_to') -%}
        where event_date between date '{{ var("backfill_from") }}' and date '{{ var("backfill_to") }}'
    {%- else -%}
        where 1 = 0
    {%- endif %}

    {% if built is none and events is not none and not flags.FULL_REFRESH -%}
        -- events without a finished run behind them: nobody knows which loads they hold
        union all
        select distinct event_date from {{ events }}
    {%- endif %}

),

final as (

    select
        event_date,
        -- only new loads came: what changed is what they brought and what it displaced
        bool_or(is_rebuilt) as is_rebuilt
    from (
        select event_date, false as is_rebuilt from added
        union all
        select event_date, true as is_rebuilt from removed
        union all
        select event_date, true as is_rebuilt from requested
    ) as changes
    group by event_date

)

select * from final
