-- One row per thing that is wrong in the newest catalog (rule 49), errors first. Only records that are known to name nobody are named:
-- the keys of contacts and assignments are people's, so that these are counted.
with

found as (

    select
        workspace_id,
        severity,
        finding,
        entity,
        advice,
        video_id,
        entity in ('videos', 'nodes', 'edges', 'elements', 'questions', 'options', 'campaigns', 'experiments', 'goals') as is_named,
        entity_key
    from quality.catalog_finding

)

select
    workspace_id,
    severity,
    finding,
    entity,
    case when is_named then entity_key end as record_key,
    video_id,
    advice,
    count(*) as record_count
from found
group by all
order by workspace_id, severity, finding, entity, record_key, advice;
