"""What HTTP answers mean to a delivery."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests
from requests import RequestException, Session

from serving.crm.deliveries.destination import BatchRejectedError, DeliveryError, PassingError

TIMEOUT_SECONDS = (10, 120)
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.LOCKED, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
REFUSED = {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}


def post(session: Session, url: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
    """Post, and follow nobody elsewhere: a body of personal data goes where the configuration says.

    Raises:
        PassingError: there was no answer.
    """
    try:
        return session.post(url, data=body, headers=dict(headers), timeout=TIMEOUT_SECONDS, allow_redirects=False)
    except RequestException as error:
        raise PassingError(f"{type(error).__name__}: no answer from {url}") from error


def judge(status: int, headers: Mapping[str, str] | None, message: str) -> None:
    """Raise what an answer that is no success means.

    Raises:
        PassingError: it is too busy, or broken for now.
        BatchRejectedError: it does not want what was sent.
        DeliveryError: it will take nothing: wrong address, token or right.
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    told = f"{status}: {message}"
    if status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise PassingError(told, retry_after(headers))
    if status in REFUSED:
        raise BatchRejectedError(told)
    raise DeliveryError(f"{told} Check the address, the token and what it may do; nothing more is sent until then.")


def retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Seconds that an answer asks to wait: ``Retry-After`` in seconds or as a date; None where it does not say."""
    asked = next((value for name, value in (headers or {}).items() if name.lower() == "retry-after"), None)
    if asked is None:
        return None
    try:
        return max(float(asked), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None
