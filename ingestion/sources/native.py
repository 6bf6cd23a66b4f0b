"""The product's own event envelope: one JSON object a line, or one row of CSV or Parquet."""

from __future__ import annotations

from ingestion.sources.base import Field, Kind, People, Source

ENVELOPE: tuple[tuple[Kind, str], ...] = (
    ("text", "event_id event_type"),
    ("time", "occurred_at sent_at received_at"),
    ("text", "workspace_id device_id user_id playback_id"),
    ("integer", "sequence_number"),
    ("text", "video_id node_id"),
    ("number", "position_seconds position_from_seconds position_to_seconds playback_rate duration_seconds"),
    ("text", "element_id element_type to_node_id destination_url"),
    ("strings", "response"),
    ("flag", "is_correct"),
    ("number", "score max_score"),
    ("ranges", "played_ranges"),
    ("flag", "is_completion"),
    ("number", "completion_threshold reported_watch_seconds x y"),
    ("decimal", "value"),
    ("text", "currency utm_source utm_medium utm_campaign utm_term utm_content referrer page_url"),
    ("text", "experiment_id variant_id device_type os browser country player_version"),
    ("flag", "consent_marketing consent_analytics"),
    ("object", "properties"),
)

PEOPLE = People(
    users="[user_id]",
    columns=("user_id", "device_id", "playback_id", "properties", "extra", "response", "page_url", "referrer", "destination_url"),
    devices="[device_id]",
    playbacks="[playback_id]",
    words="""strings_in(properties) || strings_in(extra) || strings_in(response)
        || words_in(page_url) || words_in(referrer) || words_in(destination_url)""",
    addressed="concat_ws(' ', user_id, device_id, response, properties, extra, page_url, referrer, destination_url)",
    workspace="coalesce(nullif(trim(workspace_id), ''), 'default')",
    pseudonymised=tuple((name, f"pseudonym_of(trim({name}))") for name in ("user_id", "device_id", "playback_id")),
)

SOURCE = Source(
    name="native",
    shape_version=2,
    fields=tuple(Field(name, kind) for kind, names in ENVELOPE for name in names.split()),
    people=PEOPLE,
    extra_column="extra",
    id_column="event_id",
)
