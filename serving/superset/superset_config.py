"""Superset's settings: read by Superset itself, in its own environment, through SUPERSET_CONFIG_PATH.

The secret key and everything that Superset writes lie in ``SUPERSET_HOME``, never beside this file.
"""

import os
from pathlib import Path
from typing import Any

HOME = Path(os.environ["SUPERSET_HOME"])

SECRET_KEY = (HOME / "secret_key").read_text().strip()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"

WTF_CSRF_ENABLED = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Superset counts its installations by a picture from outside, and asks map servers: no request leaves the site here.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}

# Answers are kept for a minute at most: a publish shows up by itself.
DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 60}
# Metrics know the dates that a dashboard is filtered by: what an exact number of distinct viewers needs.
FEATURE_FLAGS = {"DASHBOARD_RBAC": True, "ENABLE_TEMPLATE_PROCESSING": True}


def DB_CONNECTION_MUTATOR(  # noqa: N802
    uri: Any, params: dict[str, Any], username: str | None, security_manager: Any, source: Any
) -> tuple[Any, dict[str, Any]]:
    """Open a snapshot read-only, by the path that its link resolves to now, with no way out of the file.

    One process that opens the link twice while an old handle lives is given the old data again; and SQL that reads files would
    read every file that this process may.
    """
    if uri.drivername.startswith("duckdb"):
        uri = uri.set(database=str(Path(uri.database).resolve(strict=True)))
        params = {**params, "connect_args": {"read_only": True, "config": {"enable_external_access": False}}}
    return uri, params
