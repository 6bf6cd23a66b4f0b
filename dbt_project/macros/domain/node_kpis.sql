{# What int_node_days adds up: counts, and sums of seconds. #}
{% macro node_day_counts() -%}
    {{ return([
        'visits', 'plays', 'views', 'played_views', 'measurable_visits', 'completed_visits', 'loop_visits', 'entries', 'exits', 'drop_offs',
        'dead_ends', 'hotspot_clicks'
    ]) }}
{%- endmacro %}

{% macro node_day_seconds() -%}
    {{ return(['dwell_seconds', 'watch_seconds', 'unique_watched_seconds', 'duration_seconds']) }}
{%- endmacro %}

{# The numbers of a node over a period (rule 56), from a relation with the sums of int_node_days and its viewers. #}
{% macro node_kpis(totals) -%}
        ---------- reach
        coalesce({{ totals }}.visits, 0) as visits,
        coalesce({{ totals }}.plays, 0) as plays,
        coalesce({{ totals }}.views, 0) as unique_views,
        coalesce({{ totals }}.unique_viewers, 0) as unique_viewers,
        coalesce({{ totals }}.loop_visits, 0) as loop_visits,
        coalesce({{ totals }}.entries, 0) as entries,

        ---------- watching
        {{ rounded_seconds('coalesce(' ~ totals ~ '.watch_seconds, 0)') }} as watch_seconds,
        {{ rounded_seconds(totals ~ '.dwell_seconds') }} / nullif({{ totals }}.visits, 0) as average_dwell_seconds,
        {{ rounded_seconds(totals ~ '.unique_watched_seconds') }} / nullif({{ rounded_seconds(totals ~ '.duration_seconds') }}, 0)
            as average_watched_share,
        coalesce({{ totals }}.completed_visits, 0) as completed_visits,
        cast({{ totals }}.completed_visits as double) / nullif({{ totals }}.measurable_visits, 0) as completion_rate,

        ---------- leaving
        coalesce({{ totals }}.exits, 0) as exits,
        coalesce({{ totals }}.drop_offs, 0) as drop_offs,
        cast({{ totals }}.drop_offs as double) / nullif({{ totals }}.visits, 0) as drop_off_rate,
        coalesce({{ totals }}.dead_ends, 0) as dead_ends,

        ---------- interactivity
        coalesce({{ totals }}.hotspot_clicks, 0) as hotspot_clicks
{%- endmacro %}

{# The sums of int_node_days and the viewers by `key` (the relations days, visits, views and device_users are in scope), as steps that end in
   `totals`. Viewers are counted at that grain, never added up. #}
{% macro node_totals(key) -%}
viewers_of_nodes as (

    select
        {% for column in key -%}
            visits.{{ column }},
        {% endfor -%}
        {{ viewer_id('views', 'device_users') }} as viewer_id
    from visits
    inner join views on visits.view_key = views.view_key and visits.view_started_at = views.view_started_at
    left join device_users on views.workspace_id = device_users.workspace_id and views.device_id = device_users.device_id
    group by {% for column in key %}visits.{{ column }}, {% endfor %}{{ viewer_id('views', 'device_users') }}

),

viewers as (

    select
        {{ key | join(', ') }},
        count(*) as unique_viewers
    from viewers_of_nodes
    group by {{ key | join(', ') }}

),

totals as (

    select
        {% for column in key -%}
            days.{{ column }},
        {% endfor -%}
        viewers.unique_viewers,
        {% for measure in node_day_counts() -%}
            cast(sum(days.{{ measure }}) as bigint) as {{ measure }},
        {% endfor -%}
        {% for measure in node_day_seconds() -%}
            sum(days.{{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from days
    left join viewers
        on
            {% for column in key -%}
                {{ 'and ' if not loop.first }}days.{{ column }} = viewers.{{ column }}
            {% endfor %}
    group by {% for column in key %}days.{{ column }}, {% endfor %}viewers.unique_viewers

)
{%- endmacro %}
