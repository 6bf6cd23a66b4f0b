"""The order in which files of tests begin, and what runs leave out where a test does not ask for it."""

from __future__ import annotations

import os

import pytest

# Runs of the pipeline build no dashboard, except those whose tests look at it.
os.environ["AUDIENCE_SITE"] = "off"

# Files are shared out among the cores in this order: what takes minutes begins first, or one core would end with it alone.
LONG_FILES = (
    "parity/test_spark_parity.py",
    "property/test_order_free.py",
    "warehouse/test_what_a_run_leaves_behind.py",
    "orchestration/test_definitions.py",
    "warehouse/test_unit_rules.py",
    "orchestration/test_refresh.py",
    "orchestration/test_erasure.py",
    "security/test_contents.py",
    "serving/dashboard/test_overview.py",
    "warehouse/test_truths.py",
    "warehouse/test_tested_rows.py",
    "faults/test_faults.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of long files before the others; within both their order stays."""
    items.sort(
        key=lambda item: next((place for place, name in enumerate(LONG_FILES) if str(item.path).endswith(name)), len(LONG_FILES))
    )
