"""What an operator is told when nobody looks: one message to a webhook, without anything that a record says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

VARIABLE = "AUDIENCE_ALERT_WEBHOOK"
SECONDS = 10
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class AlertError(RuntimeError):
    """The webhook did not take a message; the text never holds its address, which is a secret."""


@dataclass(frozen=True)
class Alert:
    """One message. kind: `run_failed`, `check_failed`, `unhealthy` or `healthy`; details: one line each."""

    kind: str
    title: str
    details: Sequence[str] = ()

    @property
    def text(self) -> str:
        """As chats show it."""
        return "\n".join([self.title, *(f"- {line}" for line in self.details)])


def webhook() -> str | None:
    """Where alerts go, or None where nobody wants any.

    Raises:
        AlertError: it is neither https nor on this machine.
    """
    url = os.environ.get(VARIABLE, "").strip()
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise AlertError(f"{VARIABLE} must be an https address (http is for this machine only).")
    return url


def send(url: str, alert: Alert) -> None:
    """Post an alert as JSON: `text` for chats, the parts for programs. Three attempts.

    Raises:
        AlertError: none was taken.
    """
    with requests.Session() as session:
        again = Retry(2, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=None)
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=again))
        try:
            answer = session.post(url, json={**asdict(alert), "text": alert.text}, timeout=SECONDS)
        except requests.RequestException as error:
            # Its text would name the address.
            raise AlertError(f"The webhook of {VARIABLE} cannot be reached ({type(error).__name__}).") from None
    if not answer.ok:
        raise AlertError(f"The webhook of {VARIABLE} answered {answer.status_code}.")
