-- One row per stretch of seconds of a node at which more views leave for good than the seconds around it explain (rule 59).
{{ config(materialized='table') }}
{% set node = ['workspace_id', 'video_id', 'node_id'] %}
{% set tested = node + ['second', 'at_risk', 'lost_seen', 'hazard_seen', 'test_count'] %}
{% set compared = tested + ['smoothed_lost', 'smoothed_at_risk', 'neighbours_lost', 'neighbours_at_risk', 'median_hazard'] %}
{% set run = [
    'run_number', 'second', 'first_second', 'last_second', 'views_at_risk', 'views_lost', 'hazard', 'baseline_hazard', 'p_value',
    'share_lost'
] %}
with

curve as (

    select * from {{ ref('survival_curve') }}

),

nodes as (

    select * from {{ ref('dim_node') }}

),

element_versions as (

    select
        *,
        row_number() over (partition by workspace_id, video_id, node_id, element_id order by version_number desc) as recency
    from {{ ref('int_element_versions') }}

),

newest_elements as (

    select * from element_versions
    where recency = 1

),

departures as (

    select * from {{ ref('int_view_departures') }}
    where is_lost and not is_unseen_exit

),

device_users as (

    select * from {{ ref('int_device_users') }}

),

-- leaving in the last seconds of a node is leaving at its end
within as (

    select
        curve.*,
        cast(curve.lost_seen as double) / curve.at_risk as hazard_seen,
        curve.at_risk >= {{ var('drop_off_views_at_risk') }} as is_tested
    from curve
    inner join nodes
        on curve.workspace_id = nodes.workspace_id and curve.video_id = nodes.video_id and curve.node_id = nodes.node_id
    where
        nodes.duration_seconds is null
        or curve.second + 1 <= {{ rounded_seconds(var('completion_coverage') ~ ' * nodes.duration_seconds') }}

),

smoothed as (

    select
        *,
        sum(lost_seen) over (
            partition by {{ node | join(', ') }} order by second range between 1 preceding and 1 following
        ) as smoothed_lost,
        sum(at_risk) over (
            partition by {{ node | join(', ') }} order by second range between 1 preceding and 1 following
        ) as smoothed_at_risk
    from within

),

tested as (

    select
        *,
        count(*) over (partition by workspace_id) as test_count
    from smoothed
    where is_tested

),

-- a few who leave within three seconds are no finding, however quiet it is around them: their tail counts as 1
suspects as (

    select * from tested
    where smoothed_lost >= {{ var('drop_off_views_lost') }}

),

compared as (

    select
        {% for column in tested -%}
            suspects.{{ column }},
        {% endfor -%}
        cast(suspects.smoothed_lost as bigint) as smoothed_lost,
        cast(suspects.smoothed_at_risk as bigint) as smoothed_at_risk,
        cast(sum(neighbours.lost_seen) as bigint) as neighbours_lost,
        cast(sum(neighbours.at_risk) as bigint) as neighbours_at_risk,
        median(neighbours.hazard_seen) as median_hazard
    from suspects
    inner join within as neighbours
        on
            suspects.workspace_id = neighbours.workspace_id
            and suspects.video_id = neighbours.video_id
            and suspects.node_id = neighbours.node_id
            and (
                neighbours.second between suspects.second - 16 and suspects.second - 2
                or neighbours.second between suspects.second + 2 and suspects.second + 16
            )
    group by
        {% for column in tested -%}
            suspects.{{ column }},
        {% endfor -%}
        suspects.smoothed_lost, suspects.smoothed_at_risk

),

against_the_median as (

    {{ binomial_upper_tails(
        'compared', compared, 'smoothed_lost', 'smoothed_at_risk', 'median_hazard', 'p_against_median'
    ) }}

),

-- a median of few losses is often 0: of all that were lost here and around, did more fall here than the views playing explain?
against_the_neighbours as (

    {{ binomial_upper_tails(
        'against_the_median',
        compared + ['p_against_median'],
        'smoothed_lost',
        'smoothed_lost + neighbours_lost',
        'cast(smoothed_at_risk as double) / (smoothed_at_risk + neighbours_at_risk)',
        'p_against_neighbours'
    ) }}

),

ranked as (

    select
        {{ tested | join(', ') }},
        greatest(median_hazard, cast(neighbours_lost as double) / neighbours_at_risk) as baseline_hazard,
        greatest(p_against_median, p_against_neighbours) as p_value,
        row_number() over (
            partition by workspace_id order by greatest(p_against_median, p_against_neighbours), video_id, node_id, second
        ) as p_rank
    from against_the_neighbours

),

-- Benjamini and Hochberg: the last rank that passes its own bound, and all before it
accepted as (

    select
        *,
        max(case when p_value <= {{ var('drop_off_false_discovery_rate') }} * p_rank / test_count then p_rank end)
            over (partition by workspace_id) as accepted_rank
    from ranked

),

significant as (

    select
        *,
        second - row_number() over (partition by {{ node | join(', ') }} order by second) as run_number
    from accepted
    where p_rank <= accepted_rank

),

losing_seconds as (

    select
        *,
        row_number() over (
            partition by {{ node | join(', ') }}, run_number order by hazard_seen desc, second asc
        ) as hazard_rank
    from significant

),

runs as (

    select
        {{ node | join(', ') }},
        run_number,
        max(case when hazard_rank = 1 then second end) as second,
        min(second) as first_second,
        max(second) as last_second,
        max(case when hazard_rank = 1 then at_risk end) as views_at_risk,
        cast(sum(lost_seen) as bigint) as views_lost,
        max(case when hazard_rank = 1 then hazard_seen end) as hazard,
        max(case when hazard_rank = 1 then baseline_hazard end) as baseline_hazard,
        min(p_value) as p_value,
        case
            when max(case when lost_seen < at_risk then 0 else 1 end) = 1 then 1
            else 1 - exp(sum(case when lost_seen < at_risk then ln(1 - hazard_seen) else 0 end))
        end as share_lost
    from losing_seconds
    group by {{ node | join(', ') }}, run_number

),

-- From here on each step only adds to the one before: Spark works a relation out as often as it is read.
with_viewers as (

    select
        {% for column in node + run -%}
            runs.{{ column }},
        {% endfor -%}
        count(distinct {{ viewer_id('departures', 'device_users') }}) as viewers_lost
    from runs
    left join departures
        on
            runs.workspace_id = departures.workspace_id
            and runs.video_id = departures.video_id
            and runs.node_id = departures.node_id
            and departures.second between runs.first_second and runs.last_second
    left join device_users
        on departures.workspace_id = device_users.workspace_id and departures.device_id = device_users.device_id
    group by
        {% for column in node + run -%}
            runs.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}

),

-- of several the one that came last is what had just changed
on_screen as (

    select
        with_viewers.*,
        elements.element_id,
        elements.element_type,
        elements.name as element_name,
        count(elements.element_id) over (
            partition by with_viewers.workspace_id, with_viewers.video_id, with_viewers.node_id, with_viewers.run_number
        ) as elements_on_screen,
        row_number() over (
            partition by with_viewers.workspace_id, with_viewers.video_id, with_viewers.node_id, with_viewers.run_number
            order by coalesce(elements.from_seconds, 0) desc, elements.element_id asc
        ) as lateness
    from with_viewers
    left join newest_elements as elements
        on
            with_viewers.workspace_id = elements.workspace_id
            and with_viewers.video_id = elements.video_id
            and with_viewers.node_id = elements.node_id
            and coalesce(elements.from_seconds, 0) < with_viewers.second + 1
            and coalesce(elements.to_seconds, with_viewers.second + 1) > with_viewers.second

),

final as (

    select
        ---------- where
        workspace_id,
        video_id,
        node_id,
        second,
        first_second,
        last_second,
        cast(row_number() over (
            partition by workspace_id, video_id order by views_lost desc, node_id asc, second asc
        ) as bigint) as drop_off_rank,

        ---------- how many
        views_at_risk,
        views_lost,
        viewers_lost,
        share_lost,

        ---------- how sure
        hazard,
        baseline_hazard,
        p_value,

        ---------- what was on screen
        element_id,
        element_type,
        element_name,
        elements_on_screen

    from on_screen
    where lateness = 1

)

select * from final
