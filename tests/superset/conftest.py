"""These tests want an installed Superset and a minute: `make superset-test` runs them, `make test` does not."""

import os

collect_ignore_glob = [] if os.environ.get("AUDIENCE_SUPERSET_TEST") else ["test_*.py"]
