-- Every conversion event is a conversion of one viewer, and nothing else is.
with

events as (

    select action_id from {{ ref('int_actions') }}
    where event_type = 'conversion'

)

select coalesce(events.action_id, conversions.conversion_id) as conversion_id
from events
full outer join {{ ref('fct_conversion') }} as conversions on events.action_id = conversions.conversion_id
where events.action_id is null or conversions.conversion_id is null
