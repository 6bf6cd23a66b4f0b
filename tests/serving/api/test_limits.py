"""One client is not everybody's problem: rates, times, readers and memory have an end."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
import pytest

from serving.api.gates import Limits

from .conftest import Served, publish_version

Serve = Callable[..., Served]
ROWS = "/v1/tables/core/fct_view/rows"


def test_a_token_may_ask_so_often_and_others_are_not_slowed_by_it(serving: Serve) -> None:
    served = serving(Limits(rate="5/minute"))
    busy, other = served.token("north"), served.token("north")
    answers = [served.client.get("/v1/publication", headers=busy) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert "5/minute" in answers[-1].json()["detail"]
    assert served.client.get("/v1/publication", headers=other).status_code == 200
    assert served.client.get("/health").status_code == 200


def test_a_rate_frees_itself_again(serving: Serve) -> None:
    served = serving(Limits(rate="2/second"))
    answers = [served.client.get("/v1/publication", headers=served.everything) for _ in range(3)]
    assert answers[-1].status_code == 429
    time.sleep(int(answers[-1].headers["retry-after"]) + 0.1)
    assert served.client.get("/v1/publication", headers=served.everything).status_code == 200


def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page becomes a join of a hundred thousand million rows."""
    from serving.api import reading

    kept = reading.page_statement

    def statement(*arguments: Any) -> Any:
        made = kept(*arguments)
        made.sql = (
            f"select a.*, 0 as rowid from ({made.sql}) as a, range(1000000) as b, range(100000) as c where b.range + c.range < 0"
        )
        return made

    monkeypatch.setattr(reading, "page_statement", statement)


def test_a_question_is_stopped_at_its_time_limit(serving: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serving(Limits(query_seconds=0.3))
    with monkeypatch.context() as patched:
        slow(patched)
        began = time.monotonic()
        answer = served.client.get(ROWS, headers=served.everything)
        assert answer.status_code == 504
        assert answer.json()["detail"] == "It was stopped after 0.3 s."
        assert time.monotonic() - began < 3
    assert len(served.rows("core.fct_view")) == 100
    assert served.client.app.service.snapshots.readers() == 0  # type: ignore[attr-defined]


def test_questions_wait_for_a_reader_and_then_are_turned_away(serving: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serving(Limits(query_seconds=1.5, readers=2, wait_seconds=0.2))
    headers = served.everything
    with monkeypatch.context() as patched, ThreadPoolExecutor(4) as pool:
        slow(patched)
        statuses = [answer.status_code for answer in pool.map(lambda _: served.client.get(ROWS, headers=headers), range(4))]
    assert sorted(statuses) == [503, 503, 504, 504]
    assert served.client.get("/health").status_code == 200
    assert len(served.rows("core.fct_view")) == 100


def test_what_does_not_fit_the_memory_is_told_so(serving: Serve) -> None:
    served = serving(Limits(memory="20MB"), publishes=0)
    with duckdb.connect(served.home.warehouse) as connection:
        connection.execute("create schema core")
        connection.execute(
            "create table core.wide as select 'north' as workspace_id, repeat(md5(range::varchar), 20) as text from range(60000)"
        )
    from serving.publication import Description
    from serving.publish import publish

    from .conftest import provenance

    publish(served.home, provenance(), descriptions={("core", "wide"): Description("")})
    answer = served.client.get("/v1/tables/core/wide/rows?order=text&limit=50000", headers=served.everything)
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("too-much-memory")
    assert len(served.rows("core.wide", limit=1)) == 1


def test_a_defect_is_logged_and_not_shown(
    serving: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    served = serving()

    def broken(*_: object) -> None:
        raise RuntimeError("a path of ours: /srv/secret")

    monkeypatch.setattr("serving.api.service.read_rows", broken)
    answer = served.client.get(ROWS, headers=served.everything)
    assert answer.status_code == 500
    assert answer.json()["title"] == "The server failed"
    assert "secret" not in answer.text
    assert "/srv/secret" in caplog.text


def test_requests_through_publishes_never_fail_and_never_mix(serving: Serve) -> None:
    served = serving()
    headers, stop = served.everything, threading.Event()
    wrong: list[str] = []

    def read() -> int:
        count = 0
        while not stop.is_set():
            answer = served.client.get(ROWS, headers=headers)
            body = answer.json()
            if answer.status_code != 200 or {row["version"] for row in body["rows"]} != {body["generation"]}:
                wrong.append(answer.text[:200])
            count += 1
        return count

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for _ in range(6):
            publish_version(served.home)
            time.sleep(0.1)
        stop.set()
    assert not wrong
    assert all(reader.result() > 0 for reader in readers)
