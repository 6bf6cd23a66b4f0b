-- One row per funnel and viewer who took a step of it that counts: how far the viewer's best chain of steps got (rules 62, 63).
-- ClickHouse's windowFunnel, a step at a time: each hit of a step goes on from the latest chain that had reached the step before it. A step
-- sorts only its own hits and the chains that reached the one before.
{{ config(materialized='table') }}
{% set levels = range(1, max_funnel_steps() + 1) %}
{% set chain = ['funnel_key', 'viewer_key', 'entry_position'] %}
with

funnels as (

    select
        workspace_id,
        goal_id,
        cast(floor(max(window_hours) * 3600000000e0 + 0.5e0) as bigint) as window_microseconds,
        bool_or(is_ordered) as is_ordered,
        bool_or(is_strict) as is_strict,
        bool_or(is_increasing) as is_increasing,
        bool_or(is_closed) as is_closed,
        max(step_count) as step_count
    from {{ ref('int_funnel_steps') }}
    group by workspace_id, goal_id

),

hits as (

    select
        hits.funnel_key,
        hits.viewer_key,
        hits.hit_number,
        hits.position,
        {{ epoch_microseconds('hits.occurred_at') }} as hit_at,
        funnels.window_microseconds,
        funnels.is_ordered,
        funnels.is_strict,
        funnels.is_increasing,
        funnels.is_closed
    from {{ ref('int_funnel_hits') }} as hits
    inner join funnels on hits.workspace_id = funnels.workspace_id and hits.goal_id = funnels.goal_id

),

-- An open funnel is the closed funnels that begin at each of its steps.
entries as (

    select cast(entry_position as bigint) as entry_position
    from (
        {% for level in levels -%}
            select {{ level }} as entry_position
            {{ 'union all' if not loop.last }}
        {% endfor -%}
    ) as positions

),

ordered_hits as (

    select
        hits.funnel_key,
        hits.viewer_key,
        entries.entry_position,
        hits.position - entries.entry_position + 1 as level,
        hits.hit_number,
        hits.hit_at,
        hits.window_microseconds,
        hits.is_strict,
        hits.is_increasing
    from hits
    inner join entries on hits.position >= entries.entry_position and (entries.entry_position = 1 or not hits.is_closed)
    where hits.is_ordered

),

reached_1 as (

    select
        {{ chain | join(', ') }},
        hit_number,
        hit_number as entry_hit_number,
        hit_at as step_1_at
    from ordered_hits
    where level = 1

),

{% for level in levels if level > 1 %}
{% set earlier = range(1, level) %}
hits_{{ level }} as (

    select * from ordered_hits
    where level = {{ level }}

),

followed_{{ level }} as (

    select
        {{ chain | join(', ') }},
        hit_number,
        hit_at,
        window_microseconds,
        is_increasing,
        true as is_hit,
        cast(null as bigint) as entry_hit_number,
        {% for step in earlier -%}
            cast(null as bigint) as step_{{ step }}_at{{ ',' if not loop.last }}
        {% endfor -%}
    from hits_{{ level }}
    union all
    select
        {{ chain | join(', ') }},
        hit_number,
        cast(null as bigint) as hit_at,
        cast(null as bigint) as window_microseconds,
        cast(null as boolean) as is_increasing,
        false as is_hit,
        entry_hit_number,
        {% for step in earlier -%}
            step_{{ step }}_at{{ ',' if not loop.last }}
        {% endfor -%}
    from reached_{{ level - 1 }} as reached
    where
        exists (
            select 1 from hits_{{ level }} as hits
            where
                {% for column in chain -%}
                    {{ 'and ' if not loop.first }}reached.{{ column }} = hits.{{ column }}
                {% endfor %}
        )

),

-- later chains never begin, or take a step, earlier than the ones before: the latest is the greatest
continued_{{ level }} as (

    select
        {{ chain | join(', ') }},
        hit_number,
        hit_at,
        window_microseconds,
        is_increasing,
        is_hit,
        max(entry_hit_number) over (
            partition by {{ chain | join(', ') }} order by hit_number
            rows between unbounded preceding and current row
        ) as entry_hit_number,
        {% for step in earlier -%}
            max(step_{{ step }}_at) over (
                partition by {{ chain | join(', ') }} order by hit_number
                rows between unbounded preceding and current row
            ) as step_{{ step }}_at{{ ',' if not loop.last }}
        {% endfor -%}
    from followed_{{ level }}

),

reached_{{ level }} as (

    select
        {{ chain | join(', ') }},
        hit_number,
        entry_hit_number,
        {% for step in earlier -%}
            step_{{ step }}_at,
        {% endfor -%}
        hit_at as step_{{ level }}_at
    from continued_{{ level }}
    where
        is_hit
        and hit_at <= step_1_at + window_microseconds
        and (not is_increasing or hit_at > step_{{ level - 1 }}_at)

),
{% endfor %}

reached as (

    {% for level in levels -%}
        select
            {{ chain | join(', ') }},
            {{ level }} as level,
            hit_number,
            entry_hit_number,
            {% for step in levels -%}
                {{ 'step_' ~ step ~ '_at' if step <= level else 'cast(null as bigint) as step_' ~ step ~ '_at' }}{{ ',' if not loop.last }}
            {% endfor -%}
        from reached_{{ level }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- A strict funnel is over with the first hit of a step whose predecessor has not been reached, once its first step was taken.
first_reached as (

    select
        {{ chain | join(', ') }},
        level,
        min(hit_number) as first_hit_number
    from reached
    group by {{ chain | join(', ') }}, level

),

ends as (

    select
        {% for column in chain -%}
            hits.{{ column }},
        {% endfor -%}
        min(hits.hit_number) as end_number
    from ordered_hits as hits
    inner join first_reached as begun
        on
            begun.level = 1
            and hits.hit_number > begun.first_hit_number
            {% for column in chain -%}
                and hits.{{ column }} = begun.{{ column }}
            {% endfor %}
    left join first_reached as before
        on
            before.level = hits.level - 1
            {% for column in chain -%}
                and hits.{{ column }} = before.{{ column }}
            {% endfor %}
    where
        hits.is_strict
        and hits.level > 1
        and (before.first_hit_number is null or before.first_hit_number > hits.hit_number)
    group by {% for column in chain %}hits.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

),

ordered_chains as (

    select
        reached.*,
        row_number() over (
            partition by reached.funnel_key, reached.viewer_key
            order by reached.entry_position + reached.level desc, reached.entry_position asc, reached.hit_number asc
        ) as preference
    from reached
    left join ends
        on
            {% for column in chain -%}
                {{ 'and ' if not loop.first }}reached.{{ column }} = ends.{{ column }}
            {% endfor %}
    where ends.end_number is null or reached.hit_number < ends.end_number

),

-- Without an order a chain is the stretch of one window that holds the most different steps.
unordered_stretches as (

    select
        funnel_key,
        viewer_key,
        hit_number,
        hit_at,
        hit_at + window_microseconds as window_ends_at,
        {% for step in levels -%}
            min(case when position = {{ step }} then hit_at end) over (
                partition by funnel_key, viewer_key order by hit_number rows between current row and unbounded following
            ) as next_{{ step }}_at,
            min(case when position = {{ step }} then hit_number end) over (
                partition by funnel_key, viewer_key order by hit_number rows between current row and unbounded following
            ) as next_{{ step }}_number{{ ',' if not loop.last }}
        {% endfor -%}
    from hits
    where not is_ordered

),

unordered_steps as (

    select
        funnel_key,
        viewer_key,
        hit_number,
        {% for step in levels -%}
            case when next_{{ step }}_at <= window_ends_at then next_{{ step }}_at end as step_{{ step }}_at,
            coalesce(case when next_{{ step }}_at <= window_ends_at then next_{{ step }}_number end, 0) as step_{{ step }}_number{{ ',' if not loop.last }}
        {% endfor -%}
    from unordered_stretches

),

unordered_counts as (

    select
        *,
        {% for step in levels %}case when step_{{ step }}_at is null then 0 else 1 end{{ ' + ' if not loop.last }}{% endfor %} as level,
        greatest({% for step in levels %}step_{{ step }}_number{{ ', ' if not loop.last }}{% endfor %}) as last_hit_number
    from unordered_steps

),

unordered_chains as (

    select
        *,
        row_number() over (partition by funnel_key, viewer_key order by level desc, hit_number asc) as preference
    from unordered_counts

),

chains as (

    select
        funnel_key,
        viewer_key,
        entry_position,
        entry_position + level - 1 as furthest_position,
        entry_hit_number,
        hit_number as last_hit_number,
        {% for step in levels -%}
            case entry_position
                {% for entry in range(1, step + 1) -%}
                    when {{ entry }} then step_{{ step - entry + 1 }}_at
                {% endfor -%}
            end as step_{{ step }}_at{{ ',' if not loop.last }}
        {% endfor -%}
    from ordered_chains
    where preference = 1
    union all
    select
        funnel_key,
        viewer_key,
        cast(1 as bigint) as entry_position,
        level as furthest_position,
        hit_number as entry_hit_number,
        last_hit_number,
        {% for step in levels -%}
            step_{{ step }}_at{{ ',' if not loop.last }}
        {% endfor -%}
    from unordered_chains
    where preference = 1

),

final as (

    select
        funnel_key,
        viewer_key,
        entry_position,
        cast(furthest_position as bigint) as furthest_position,
        entry_hit_number,
        last_hit_number,
        {% for step in levels -%}
            step_{{ step }}_at{{ ',' if not loop.last }}
        {% endfor -%}
    from chains

)

select * from final
