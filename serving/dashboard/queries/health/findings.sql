-- One row per thing that is wrong in the newest catalog (rule 49), errors first. Records of contacts, accounts and assignments are
-- counted, not named: their keys are people's.
with

found as (

    select
        workspace_id,
        severity,
        finding,
        entity,
        advice,
        case when entity not in ('contacts', 'accounts', 'assignments') then entity_key end as entity_key,
        case when entity not in ('contacts', 'accounts', 'assignments') then video_id end as video_id
    from quality.catalog_finding

)

select
    workspace_id,
    severity,
    finding,
    entity,
    entity_key,
    video_id,
    advice,
    count(*) as record_count
from found
group by all
order by workspace_id, severity, finding, entity, entity_key, advice;
