-- One row per event date and run that found it stale: its loads differ from those of the last finished run, or its rebuild was asked for.
-- It stays in force until a run finishes (its base_version is then superseded): what a killed run has already built of a date is not
-- known, so that date counts anew as a whole.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
) }}
{% set built = existing_relation('state', 'built_loads') %}
{% set events = existing_relation('events', 'events') %}
{% set read_across = sources_read_across_records() %}
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

changes as (

    select
        event_date,
        {% if read_across -%}
            source in ('{{ read_across | join("', '") }}') as is_rebuilt
        {%- else -%}
            false as is_rebuilt
        {%- endif %}
    from added
    union all
    select event_date, true as is_rebuilt from removed
    union all
    select event_date, true as is_rebuilt from requested

),

final as (

    select
        last_finished_run.version as base_version,
        cast('{{ invocation_id }}' as {{ string_type() }}) as attempt,
        changes.event_date,
        bool_or(changes.is_rebuilt) as is_rebuilt
    from changes
    cross join {{ ref('last_finished_run') }} as last_finished_run
    group by last_finished_run.version, changes.event_date

)

select * from final
