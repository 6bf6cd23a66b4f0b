-- One row: which snapshot is shown, and the threshold below which groups are withheld.
select
    'all' as site,
    publication.generation,
    publication.published_at,
    setting.minimum_viewers,
    setting.history_days
from _meta.publication
cross join setting;
