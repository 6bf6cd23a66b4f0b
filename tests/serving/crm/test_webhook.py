"""A receiver can tell that a request is ours, that it is new, and whether it has had it before; its answers are understood."""

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from serving.crm.deliveries.destination import DeliveryError
from serving.crm.deliveries.destinations.http import retry_after
from tests.serving.crm.conftest import Office
from tests.serving.crm.local_server import serving

SECRET = "shared on another way"  # pragma: allowlist secret
CONFIG = "destinations: {{hook: {{type: webhook, url: '{url}/in', secret: {{env: HOOK_SECRET}}, batch_size: 3}}}}"
SNIPPET = re.compile(r"```python\n(import hashlib.*?)```", re.DOTALL)


@dataclass
class Receiver:
    """What a receiver got, and what it answers."""

    bodies: list[dict[str, Any]] = field(default_factory=list)
    raw: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], Response] = lambda body: Response(status_code=204)


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, Receiver]]:
    receiver = Receiver()
    app = FastAPI()

    @app.post("/in")
    async def take(request: Request) -> Response:
        body = await request.json()
        receiver.raw.append((request.headers, await request.body()))
        receiver.bodies.append(body)
        return receiver.answer(body)

    with serving(app) as url:
        yield url, receiver


@pytest.fixture
def receiver(address: tuple[str, Receiver], office: Office, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    url, found = address
    found.__init__()  # type: ignore[misc]
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    office.configure(CONFIG.format(url=url))
    # The small snapshots of these tests have no other kinds.
    text = (office.home.root / "deliveries.yml").read_text()
    office.configure(text.replace("batch_size: 3", "batch_size: 3, kinds: [account, contact]"))
    return found


def documented_check() -> Callable[[Mapping[str, str], bytes, str], bool]:
    """The receiver's check as docs/crm.md prints it."""
    page = Path(__file__).resolve().parents[3] / "docs" / "crm.md"
    found = SNIPPET.search(page.read_text())
    assert found
    space: dict[str, Any] = {}
    exec(found[1], space)
    check: Callable[[Mapping[str, str], bytes, str], bool] = space["is_ours"]
    return check


def test_a_signature_is_what_the_documented_check_takes_and_nothing_else(receiver: Receiver, office: Office) -> None:
    office.contact("ann")
    assert office.deliver("hook").results == {"synced": 1}
    ((headers, body),) = receiver.raw
    check = documented_check()
    assert check(headers, body, SECRET)
    assert not check(headers, body + b" ", SECRET)
    assert not check(headers, body, "another secret")
    late = str(int(headers["audience-timestamp"]) - 3600)
    assert not check({**headers, "audience-timestamp": late}, body, SECRET)
    # Signed by hand for an old moment: a recorded request that is played again.
    old = "v1=" + hmac.new(SECRET.encode(), late.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert not check({**headers, "audience-timestamp": late, "audience-signature": old}, body, SECRET)


def test_records_come_with_their_columns_and_who_is_gone_with_the_id_alone(receiver: Receiver, office: Office) -> None:
    office.account("corp")
    office.contact("ann", account_external_id="corp", watch_seconds=61.5)
    office.contact("bob")
    office.deliver("hook")
    account, contacts = receiver.bodies
    assert (account["kind"], account["records"][0]["fields"]["name"]) == ("account", "Corp")
    ann = contacts["records"][0]
    assert (ann["change"], ann["external_id"], ann["fields"]["account_external_id"]) == ("upsert", "ann", "corp")
    assert ann["fields"]["last_seen_at"] == "2026-10-08T09:30:00.000Z"
    assert ann["fields"]["watch_seconds"] == 61.5
    assert ann["fields"]["last_converted_at"] is None
    receiver.bodies.clear()
    del office.contacts["ann"]
    assert office.deliver("hook").results == {"gone": 1}
    assert receiver.bodies == [{"kind": "contact", "records": [{"change": "gone", "external_id": "ann"}]}]


def test_the_same_batch_comes_again_under_the_same_key(
    receiver: Receiver, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda seconds: None)
    answers = [Response(status_code=503), Response(status_code=202)]
    receiver.answer = lambda body: answers.pop(0)
    office.contact("ann")
    assert office.deliver("hook").results == {"synced": 1}
    first, second = (headers["idempotency-key"] for headers, _ in receiver.raw)
    assert first == second
    receiver.answer = lambda body: Response(status_code=200)
    office.contact("ann", engagement_score=1)
    office.deliver("hook")
    assert receiver.raw[-1][0]["idempotency-key"] != first


def test_who_is_taken_away_again_is_no_repetition(receiver: Receiver, office: Office) -> None:
    office.contact("eve")
    for _ in range(2):
        office.contact("ann")
        office.deliver("hook")
        del office.contacts["ann"]
        assert office.deliver("hook").results == {"gone": 1}
    removals = [(headers["idempotency-key"], body) for headers, body in receiver.raw if b"gone" in body]
    assert len({body for _, body in removals}) == 1
    assert len({key for key, _ in removals}) == 2


def test_what_an_answer_says_of_single_records_counts(receiver: Receiver, office: Office) -> None:
    def answer(body: dict[str, Any]) -> Response:
        return JSONResponse({"results": [{"external_id": "bob", "status": "failed", "reason": "no desk for bob@example.org"}]})

    receiver.answer = answer
    for external_id in ("ann", "bob", "eve"):
        office.contact(external_id)
    assert office.deliver("hook").results == {"synced": 2, "failed": 1}
    assert office.statuses("hook")["bob"] == ("failed", "no desk for <email>")


def test_a_refused_batch_is_halved_until_the_record_to_blame_stands_alone(receiver: Receiver, office: Office) -> None:
    def answer(body: dict[str, Any]) -> Response:
        is_bad = any(record["external_id"] == "bob" for record in body["records"])
        return JSONResponse({"detail": "bob is unknown"}, 422) if is_bad else Response(status_code=200)

    receiver.answer = answer
    for external_id in ("ann", "bob", "eve"):
        office.contact(external_id)
    assert office.deliver("hook").results == {"synced": 2, "failed": 1}


@pytest.mark.parametrize("status", [301, 307, 401, 404])
def test_an_answer_from_elsewhere_ends_the_delivery_and_nothing_follows_it(
    receiver: Receiver, office: Office, status: int
) -> None:
    receiver.answer = lambda body: Response(status_code=status, headers={"Location": "http://127.0.0.1:9/elsewhere"})
    office.contact("ann")
    with pytest.raises(DeliveryError, match=str(status)):
        office.deliver("hook")
    assert len(receiver.raw) == 1


def test_a_wait_is_read_in_seconds_and_as_a_date() -> None:
    assert retry_after({"Retry-After": "7"}) == 7.0
    soon = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
    waited = retry_after({"retry-after": soon})
    assert waited is not None
    assert 50 < waited <= 60
    assert retry_after({"Retry-After": "soon"}) is None
    assert retry_after({}) is None
