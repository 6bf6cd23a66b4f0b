-- One row per thing that is wrong in the newest snapshots of the catalog, with what to do about it (rule 49).
{{ config(materialized='table') }}
{% set keys = {
    'videos': ['video_id'],
    'nodes': ['video_id', 'node_id'],
    'edges': ['video_id', 'from_node_id', 'to_node_id', 'element_id'],
    'elements': ['video_id', 'node_id', 'element_id', 'valid_from'],
    'questions': ['question_id'],
    'options': ['question_id', 'option_id'],
    'campaigns': ['campaign_id'],
    'experiments': ['experiment_id'],
    'goals': ['goal_id'],
    'assignments': ['user_id', 'video_id'],
    'contacts': ['user_id'],
    'accounts': ['account_id'],
} %}
with

{% for entity in keys -%}
{{ entity }} as (

    {{ newest_writings(ref('stg_catalog__' ~ entity)) }}

),

{% endfor -%}

-- what a step may ask for (rule 60)
vocabulary as (

    select event_type from {{ ref('event_types') }}
    union all
    select 'interaction' as event_type
    union all
    select 'outbound_click' as event_type

),

-- a linear video is its own node
known_nodes as (

    select workspace_id, video_id, node_id from nodes
    union
    select workspace_id, video_id, video_id as node_id from videos

),

-- what was never described cannot be missed
with_nodes as (

    select workspace_id from nodes
    group by workspace_id

),

with_videos as (

    select workspace_id from videos
    group by workspace_id

),

with_elements as (

    select workspace_id from elements
    group by workspace_id

),

with_accounts as (

    select workspace_id from accounts
    group by workspace_id

),

edge_ends as (

    select workspace_id, video_id, from_node_id, to_node_id, 'from_node_id' as named_in, from_node_id as node_id from edges
    union all
    select workspace_id, video_id, from_node_id, to_node_id, 'to_node_id' as named_in, to_node_id as node_id from edges
    where to_node_id is not null

),

element_ends as (

    select workspace_id, video_id, node_id as own_node_id, element_id, 'node_id' as named_in, node_id from elements
    union all
    select workspace_id, video_id, node_id as own_node_id, element_id, 'to_node_id' as named_in, to_node_id as node_id from elements
    where to_node_id is not null

),

element_stretches as (

    select
        *,
        coalesce(valid_from, cast('0001-01-01 00:00:00' as timestamp)) as written_from,
        lead(coalesce(valid_from, cast('0001-01-01 00:00:00' as timestamp))) over (
            partition by workspace_id, video_id, node_id, element_id
            order by coalesce(valid_from, cast('0001-01-01 00:00:00' as timestamp)), load_id, line_number
        ) as next_from
    from elements

),

correct_options as (

    select
        workspace_id,
        question_id,
        count(*) filter (where is_correct) as correct_count,
        count(*) filter (where not is_correct) as wrong_count
    from options
    group by workspace_id, question_id

),

variants as (

    {{ unnest_json_records('experiments', ['workspace_id', 'experiment_id', 'load_id', 'line_number'], 'variants', {
        'variant_id': 'string', 'planned_share': 'string'
    }) }}

),

planned as (

    select
        workspace_id,
        experiment_id,
        load_id,
        line_number,
        count(*) as variant_count,
        count(distinct {{ identifier('variant_id') }}) as named_variant_count,
        count(*) filter (where coalesce({{ number_from_text('planned_share') }}, -1) < 0) as unplanned_count,
        sum({{ scaled_integer(number_from_text('planned_share'), 1000000) }}) as planned_millionths
    from variants
    group by workspace_id, experiment_id, load_id, line_number

),

steps as (

    {{ unnest_json_records('goals', ['workspace_id', 'goal_id', 'load_id', 'line_number'], 'steps', {'event_type': 'string'}) }}

),

step_counts as (

    select
        workspace_id,
        goal_id,
        load_id,
        line_number,
        count(*) as step_count
    from steps
    group by workspace_id, goal_id, load_id, line_number

),

findings as (

    {% for entity, columns in keys.items() -%}
    select
        workspace_id,
        'duplicate_key' as finding,
        'warning' as severity,
        '{{ entity }}' as entity,
        {{ 'video_id' if 'video_id' in columns else 'cast(null as ' ~ string_type() ~ ')' }} as video_id,
        {{ catalog_key(columns) }} as entity_key,
        'It is written more than once in one snapshot of {{ entity }}; the last line counts: keep one record.' as advice
    from {{ entity }}
    group by workspace_id, {{ columns | join(', ') }}
    having count(*) > 1

    union all

    {% endfor -%}
    select
        {{ finding('edge_of_unknown_node', 'error', 'edges', ['video_id', 'from_node_id', 'to_node_id'], of='edge_ends') }},
        'Its ' || edge_ends.named_in || ' ' || edge_ends.node_id || ' is no node of the video: add the node or correct the edge.' as advice
    from edge_ends
    inner join with_nodes on edge_ends.workspace_id = with_nodes.workspace_id
    left join known_nodes
        on
            edge_ends.workspace_id = known_nodes.workspace_id
            and edge_ends.video_id = known_nodes.video_id
            and edge_ends.node_id = known_nodes.node_id
    where known_nodes.node_id is null

    union all

    select
        {{ finding('edge_without_target', 'error', 'edges', ['video_id', 'from_node_id', 'element_id']) }},
        'It leads nowhere: write its to_node_id or leave the edge out.' as advice
    from edges
    where to_node_id is null

    union all

    select
        {{ finding('several_default_edges', 'warning', 'edges', ['video_id', 'from_node_id']) }},
        'More than one edge is taken when nobody chooses: keep is_default on one of them.' as advice
    from edges
    where is_default
    group by workspace_id, video_id, from_node_id
    having count(distinct to_node_id) > 1

    union all

    select
        {{ finding('unknown_start_node', 'error', 'videos', ['video_id'], of='videos') }},
        'Its start_node_id ' || videos.start_node_id || ' is no node of the video: add the node or correct the video.' as advice
    from videos
    inner join with_nodes on videos.workspace_id = with_nodes.workspace_id
    left join known_nodes
        on
            videos.workspace_id = known_nodes.workspace_id
            and videos.video_id = known_nodes.video_id
            and videos.start_node_id = known_nodes.node_id
    where videos.start_node_id is not null and known_nodes.node_id is null

    union all

    select
        {{ finding('element_of_unknown_node', 'error', 'elements', ['video_id', 'own_node_id', 'element_id'], of='element_ends') }},
        'Its ' || element_ends.named_in || ' ' || element_ends.node_id
        || ' is no node of the video: add the node or correct the element.' as advice
    from element_ends
    inner join with_nodes on element_ends.workspace_id = with_nodes.workspace_id
    left join known_nodes
        on
            element_ends.workspace_id = known_nodes.workspace_id
            and element_ends.video_id = known_nodes.video_id
            and element_ends.node_id = known_nodes.node_id
    where known_nodes.node_id is null

    union all

    select
        {{ finding('overlapping_element_versions', 'warning', 'elements', ['video_id', 'node_id', 'element_id']) }},
        'One of its versions is said to hold beyond the beginning of the next, which counts from then on: end it there.' as advice
    from element_stretches
    where next_from > written_from and valid_to > next_from

    union all

    select
        {{ finding('element_never_active', 'error', 'elements', ['video_id', 'node_id', 'element_id']) }},
        'Nobody can meet it, because it ends before it begins: correct from_seconds and to_seconds, valid_from and valid_to.' as advice
    from elements
    where from_seconds >= to_seconds or valid_from >= valid_to

    union all

    select
        {{ finding('option_without_question', 'error', 'options', ['question_id', 'option_id'], of='options', has_video=false) }},
        'The catalog has no question ' || options.question_id || ': add the question or leave the option out.' as advice
    from options
    left join questions on options.workspace_id = questions.workspace_id and options.question_id = questions.question_id
    where questions.question_id is null

    union all

    select
        {{ finding('question_without_element', 'warning', 'questions', ['question_id']) }},
        'It names no element, so that only answers which name the question itself are found: write its element_id.' as advice
    from questions
    where element_id is null

    union all

    select
        {{ finding('question_of_unknown_element', 'error', 'questions', ['question_id'], of='questions') }},
        'Its element ' || questions.element_id || ' is no element of the video: add the element or correct the question.' as advice
    from questions
    inner join with_elements on questions.workspace_id = with_elements.workspace_id
    where
        questions.element_id is not null
        and not exists (
            select 1 from elements
            where
                elements.workspace_id = questions.workspace_id
                and elements.element_id = questions.element_id
                and (questions.video_id is null or elements.video_id = questions.video_id)
        )

    union all

    select
        {{ finding('question_of_unknown_video', 'error', 'questions', ['question_id'], of='questions') }},
        'The catalog has no video ' || questions.video_id || ': add the video or correct the question.' as advice
    from questions
    inner join with_videos on questions.workspace_id = with_videos.workspace_id
    left join videos on questions.workspace_id = videos.workspace_id and questions.video_id = videos.video_id
    where questions.video_id is not null and videos.video_id is null

    union all

    select
        {{ finding('question_without_correct_option', 'error', 'questions', ['question_id'], of='questions') }},
        'All its options are wrong, so that nobody can know it: mark the right one with is_correct.' as advice
    from questions
    inner join correct_options
        on questions.workspace_id = correct_options.workspace_id and questions.question_id = correct_options.question_id
    where correct_options.correct_count = 0 and correct_options.wrong_count > 0

    union all

    select
        {{ finding('unknown_scale', 'warning', 'questions', ['question_id']) }},
        'Its scale ' || scale || ' is none of nps, csat, rating and text, so that it is inferred: correct it or leave it out.' as advice
    from questions
    where {{ lowercase('scale') }} not in ('nps', 'csat', 'rating', 'text')

    union all

    select
        {{ finding('assignment_of_unknown_video', 'error', 'assignments', ['user_id', 'video_id'], of='assignments') }},
        'The catalog has no video ' || assignments.video_id || ': add the video or correct the assignment.' as advice
    from assignments
    inner join with_videos on assignments.workspace_id = with_videos.workspace_id
    left join videos on assignments.workspace_id = videos.workspace_id and assignments.video_id = videos.video_id
    where videos.video_id is null

    union all

    select
        {{ finding('assignment_due_before_assigned', 'warning', 'assignments', ['user_id', 'video_id']) }},
        'It is due before it was assigned: correct due_at or assigned_at.' as advice
    from assignments
    where due_at < assigned_at

    union all

    select
        {{ finding('experiment_without_variants', 'error', 'experiments', ['experiment_id'], of='experiments') }},
        'It has fewer than two variants with an id of their own, so that nothing can be compared: list them in variants.' as advice
    from experiments
    left join planned
        on
            experiments.workspace_id = planned.workspace_id
            and experiments.experiment_id = planned.experiment_id
            and experiments.load_id = planned.load_id
            and experiments.line_number = planned.line_number
    where coalesce(planned.named_variant_count, 0) < 2 or planned.named_variant_count < planned.variant_count

    union all

    select
        {{ finding('planned_shares_do_not_add_up', 'error', 'experiments', ['experiment_id'], of='experiments') }},
        'The planned shares of its variants are unknown or do not add up to 1, so that its split cannot be checked: correct them.' as advice
    from experiments
    inner join planned
        on
            experiments.workspace_id = planned.workspace_id
            and experiments.experiment_id = planned.experiment_id
            and experiments.load_id = planned.load_id
            and experiments.line_number = planned.line_number
    where
        planned.unplanned_count > 0
        or planned.planned_millionths is null
        or planned.planned_millionths not between 999000 and 1001000

    union all

    select
        {{ finding('goal_without_steps', 'error', 'goals', ['goal_id'], of='goals', has_video=false) }},
        'It has no steps, so that nobody can reach it: list them in steps.' as advice
    from goals
    left join step_counts
        on
            goals.workspace_id = step_counts.workspace_id
            and goals.goal_id = step_counts.goal_id
            and goals.load_id = step_counts.load_id
            and goals.line_number = step_counts.line_number
    where step_counts.goal_id is null

    union all

    select
        {{ finding('goal_step_of_unknown_type', 'error', 'goals', ['goal_id', 'position'], of='steps', has_video=false) }},
        'No event can reach it, because its event_type '
        || coalesce(steps.event_type || ' is no word of the vocabulary', 'is missing') || ': correct the step.' as advice
    from steps
    left join vocabulary on {{ lowercase(trimmed('steps.event_type')) }} = vocabulary.event_type
    where vocabulary.event_type is null

    union all

    select
        {{ finding('contact_of_unknown_account', 'warning', 'contacts', ['user_id'], of='contacts', has_video=false) }},
        'The catalog has no account ' || contacts.account_id || ': add the account or correct the contact.' as advice
    from contacts
    inner join with_accounts on contacts.workspace_id = with_accounts.workspace_id
    left join accounts on contacts.workspace_id = accounts.workspace_id and contacts.account_id = accounts.account_id
    where contacts.account_id is not null and accounts.account_id is null

),

final as (

    select
        workspace_id,
        finding,
        min(severity) as severity,
        entity,
        entity_key,
        min(video_id) as video_id,
        min(advice) as advice
    from findings
    group by workspace_id, finding, entity, entity_key

)

select * from final
