-- One row per emitter and day of its events' own clock: what arrived, and what was wrong with it.
select
    'all' as site,
    source,
    event_date,
    accepted_count,
    rejected_by_ingestion_count,
    rejected_by_models_count,
    duplicate_count,
    event_count,
    late_event_count,
    skew_corrected_count,
    clock_replaced_count,
    unknown_type_count,
    unknown_field_count,
    missing_received_at_count,
    missing_device_count,
    missing_video_count,
    implausible_view_count
from quality.tracker_health
order by source, event_date;
