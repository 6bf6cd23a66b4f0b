-- One row per stretch of seconds of a node at which more views leave for good than the seconds around it explain (rule 59).
{{ config(materialized='table') }}
{% set node = ['workspace_id', 'video_id', 'node_id'] %}
{% set compared = node + [
    'second', 'test_count', 'smoothed_lost', 'smoothed_at_risk', 'neighbours_lost', 'neighbours_at_risk', 'median_hazard'
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

departures as (

    select * from {{ ref('int_view_departures') }}

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
        {% for column in node -%}
            suspects.{{ column }},
        {% endfor -%}
        suspects.second,
        suspects.test_count,
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
        {% for column in node -%}
            suspects.{{ column }},
        {% endfor -%}
        suspects.second, suspects.test_count, suspects.smoothed_lost, suspects.smoothed_at_risk

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
        {{ node | join(', ') }},
        second,
        test_count,
        greatest(median_hazard, cast(neighbours_lost as double) / neighbours_at_risk) as baseline_hazard,
        greatest(p_against_median, p_against_neighbours) as p_value,
        row_number() over (
            partition by workspace_id order by greatest(p_against_median, p_against_neighbours), video_id, node_id, second
        ) as p_rank
    from against_the_neighbours

),

accepted as (

    select
        workspace_id,
        max(p_rank) as p_rank
    from ranked
    where p_value <= {{ var('drop_off_false_discovery_rate') }} * p_rank / test_count
    group by workspace_id

),

significant as (

    select
        ranked.*,
        ranked.second - row_number() over (
            partition by ranked.workspace_id, ranked.video_id, ranked.node_id order by ranked.second
        ) as run_number
    from ranked
    inner join accepted
        on ranked.workspace_id = accepted.workspace_id and ranked.p_rank <= accepted.p_rank

),

losing_seconds as (

    select
        significant.*,
        within.at_risk,
        within.lost_seen,
        within.hazard_seen,
        row_number() over (
            partition by significant.workspace_id, significant.video_id, significant.node_id, significant.run_number
            order by within.hazard_seen desc, significant.second asc
        ) as hazard_rank
    from significant
    inner join within
        on
            significant.workspace_id = within.workspace_id
            and significant.video_id = within.video_id
            and significant.node_id = within.node_id
            and significant.second = within.second

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

lost_viewers as (

    select
        runs.workspace_id,
        runs.video_id,
        runs.node_id,
        runs.run_number,
        {{ viewer_id('departures', 'device_users') }} as viewer_id
    from departures
    inner join runs
        on
            departures.workspace_id = runs.workspace_id
            and departures.video_id = runs.video_id
            and departures.node_id = runs.node_id
            and departures.second between runs.first_second and runs.last_second
    left join device_users
        on departures.workspace_id = device_users.workspace_id and departures.device_id = device_users.device_id
    where departures.is_lost and not departures.is_unseen_exit
    group by runs.workspace_id, runs.video_id, runs.node_id, runs.run_number, {{ viewer_id('departures', 'device_users') }}

),

viewers as (

    select
        {{ node | join(', ') }},
        run_number,
        count(*) as viewers_lost
    from lost_viewers
    group by {{ node | join(', ') }}, run_number

),

-- of several the one that came last is what had just changed
on_screen as (

    select
        runs.workspace_id,
        runs.video_id,
        runs.node_id,
        runs.run_number,
        elements.element_id,
        elements.element_type,
        elements.name,
        count(*) over (partition by runs.workspace_id, runs.video_id, runs.node_id, runs.run_number) as element_count,
        row_number() over (
            partition by runs.workspace_id, runs.video_id, runs.node_id, runs.run_number
            order by coalesce(elements.from_seconds, 0) desc, elements.element_id asc
        ) as lateness
    from runs
    inner join element_versions as elements
        on
            runs.workspace_id = elements.workspace_id
            and runs.video_id = elements.video_id
            and runs.node_id = elements.node_id
    where
        elements.recency = 1
        and coalesce(elements.from_seconds, 0) < runs.second + 1
        and coalesce(elements.to_seconds, runs.second + 1) > runs.second

),

final as (

    select
        ---------- where
        runs.workspace_id,
        runs.video_id,
        runs.node_id,
        runs.second,
        runs.first_second,
        runs.last_second,
        cast(row_number() over (
            partition by runs.workspace_id, runs.video_id
            order by runs.views_lost desc, runs.node_id asc, runs.second asc
        ) as bigint) as drop_off_rank,

        ---------- how many
        runs.views_at_risk,
        runs.views_lost,
        coalesce(viewers.viewers_lost, 0) as viewers_lost,
        runs.share_lost,

        ---------- how sure
        runs.hazard,
        runs.baseline_hazard,
        runs.p_value,

        ---------- what was on screen
        on_screen.element_id,
        on_screen.element_type,
        on_screen.name as element_name,
        coalesce(on_screen.element_count, 0) as elements_on_screen

    from runs
    left join viewers
        on
            runs.workspace_id = viewers.workspace_id
            and runs.video_id = viewers.video_id
            and runs.node_id = viewers.node_id
            and runs.run_number = viewers.run_number
    left join on_screen
        on
            runs.workspace_id = on_screen.workspace_id
            and runs.video_id = on_screen.video_id
            and runs.node_id = on_screen.node_id
            and runs.run_number = on_screen.run_number
            and on_screen.lateness = 1

)

select * from final
