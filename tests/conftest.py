"""The order in which files of tests begin."""

from __future__ import annotations

import pytest

# Files are shared out among the cores in this order: what takes minutes begins first, or one core would end with it alone.
LONG_FILES = (
    "parity/test_spark_parity.py",
    "property/test_order_free.py",
    "warehouse/test_what_a_run_leaves_behind.py",
    "orchestration/test_definitions.py",
    "faults/test_killed_runs.py",
    "warehouse/test_unit_rules.py",
    "orchestration/test_refresh.py",
    "orchestration/test_erasure.py",
    "warehouse/test_truths.py",
    "warehouse/test_tested_rows.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of long files before the others; within both their order stays."""
    items.sort(
        key=lambda item: next((place for place, name in enumerate(LONG_FILES) if str(item.path).endswith(name)), len(LONG_FILES))
    )
