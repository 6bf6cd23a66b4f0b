-- One row per emitter: its files as they were taken in. Files that a newer load replaced count no more.
select
    'all' as site,
    source,
    count(*) filter (where status = 'loaded') as loaded_files,
    count(*) filter (where status = 'superseded') as superseded_files,
    coalesce(sum(line_count) filter (where status = 'loaded'), 0) as line_count,
    coalesce(sum(accepted_count) filter (where status = 'loaded'), 0) as accepted_count,
    coalesce(sum(rejected_count) filter (where status = 'loaded'), 0) as rejected_count,
    coalesce(sum(blank_count) filter (where status = 'loaded'), 0) as blank_count,
    coalesce(sum(erased_count) filter (where status = 'loaded'), 0) as erased_count,
    max(loaded_at)::date as last_loaded_on
from quality.load
group by source
order by source;
