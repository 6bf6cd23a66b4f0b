-- One row per funnel and viewer who took a step of it that counts: how far the viewer's best chain of steps got (rules 62, 63).
-- ClickHouse's windowFunnel, a step at a time: each hit of a step goes on from the latest chain that had reached the step before it. The
-- passes form one line, without a branch or a join: Spark writes out a relation as often as it is read, and sorts once for all of them.
-- There are as many as the longest funnel has steps.
{{ config(materialized='table') }}
{% set longest = longest_funnel(ref('int_funnel_steps')) %}
{% set levels = range(1, longest + 1) %}
{% set chain = ['funnel_key', 'viewer_key', 'entry_position'] %}
{% set hit_columns = chain + ['level', 'hit_number', 'hit_at', 'window_microseconds', 'is_strict', 'is_increasing'] %}
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

-- Each pass lets the hits of one step go on from the latest chain that reached the step before. Later chains never begin, or take a step,
-- earlier than the ones before them: the latest is the greatest.
pass_1 as (

    select
        *,
        case when level = 1 then hit_number end as entry_hit_number,
        case when level = 1 then hit_at end as step_1_at,
        false as is_leap
    from ordered_hits

),

{% for level in levels if level > 1 %}
before_{{ level }} as (

    select
        *,
        max(case when level = 1 then hit_number end) over (
            partition by {{ chain | join(', ') }} order by hit_number
            rows between unbounded preceding and current row
        ) as begun_number,
        max(case when level = {{ level - 1 }} then entry_hit_number end) over (
            partition by {{ chain | join(', ') }} order by hit_number
            rows between unbounded preceding and current row
        ) as earlier_entry_number,
        {% for step in range(1, level) -%}
            max(case when level = {{ level - 1 }} then step_{{ step }}_at end) over (
                partition by {{ chain | join(', ') }} order by hit_number
                rows between unbounded preceding and current row
            ) as earlier_{{ step }}_at{{ ',' if not loop.last }}
        {% endfor -%}
    from pass_{{ level - 1 }}

),

going_on_{{ level }} as (

    select
        *,
        coalesce(
            level = {{ level }}
            and hit_at <= earlier_1_at + window_microseconds
            and (not is_increasing or hit_at > earlier_{{ level - 1 }}_at), false
        ) as goes_on
    from before_{{ level }}

),

pass_{{ level }} as (

    select
        {% for column in hit_columns -%}
            {{ column }},
        {% endfor -%}
        case when goes_on then earlier_entry_number else entry_hit_number end as entry_hit_number,
        {% for step in range(1, level) -%}
            case when goes_on then earlier_{{ step }}_at else step_{{ step }}_at end as step_{{ step }}_at,
        {% endfor -%}
        case when goes_on then hit_at end as step_{{ level }}_at,
        is_leap or (level = {{ level }} and begun_number is not null and earlier_1_at is null) as is_leap
    from going_on_{{ level }}

),
{% endfor %}

-- A strict funnel is over with the first hit of a step whose predecessor has not been reached, once its first step was taken.
ended as (

    select
        *,
        min(case when is_strict and is_leap then hit_number end) over (partition by {{ chain | join(', ') }}) as end_number
    from pass_{{ longest }}

),

ordered_chains as (

    select
        *,
        row_number() over (
            partition by funnel_key, viewer_key
            order by entry_position + level desc, entry_position asc, hit_number asc
        ) as preference
    from ended
    where entry_hit_number is not null and (end_number is null or hit_number < end_number)

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
            case when next_{{ step }}_at <= window_ends_at then next_{{ step }}_number else 0 end as step_{{ step }}_number
            {{- ',' if not loop.last }}
        {% endfor -%}
    from unordered_stretches

),

unordered_counts as (

    select
        *,
        {% for step in levels -%}
            {{ '+ ' if not loop.first }}case when step_{{ step }}_at is null then 0 else 1 end
        {% endfor -%}
        as level,
        greatest(
            {% for step in levels -%}
                step_{{ step }}_number{{ ',' if not loop.last }}
            {% endfor -%}
        ) as last_hit_number
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
        {% for step in range(1, max_funnel_steps() + 1) -%}
            {{ 'step_' ~ step ~ '_at' if step <= longest else 'cast(null as bigint) as step_' ~ step ~ '_at' }}{{ ',' if not loop.last }}
        {% endfor -%}
    from chains

)

select * from final
