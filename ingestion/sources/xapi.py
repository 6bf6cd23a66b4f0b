"""xAPI statements, one a line: kept whole, with the two times that file them."""

from __future__ import annotations

from ingestion.sources.base import Field, Source

SOURCE = Source(
    name="xapi",
    shape_version=1,
    fields=(Field("occurred_at", "time", key="timestamp"), Field("received_at", "time", key="stored")),
    raw_column="statement",
)
