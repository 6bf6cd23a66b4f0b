-- One row per emitter, reason and day: how many records were rejected. Neither their text nor their file is shown: both may name a person.
select
    'all' as site,
    source,
    rejected_by,
    reason,
    event_date,
    count(*) as rejected_count
from quality.rejected_event
group by source, rejected_by, reason, event_date
order by source, rejected_by, reason, event_date;
