"""Who is told: messages as a webhook gets them, of failed runs, failed checks and an unhealthy installation."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest

from ingestion.home import Home
from orchestration.defs.alerts.sensors import SIZE, alert_on_failed_check, alert_on_failed_run, alert_on_health, troubles
from orchestration.defs.automation import history
from orchestration.defs.automation.history import forget_history
from orchestration.doctor.findings import Area, Diagnosis
from orchestration.lib.alerts import Alert, AlertError, send, webhook
from orchestration.lib.environment import Environment
from orchestration.lib.resources import AudienceResource


class Receiver(HTTPServer):
    """A webhook on this machine that remembers what it was told, and may refuse the first messages."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.told: list[dict] = []
        self.refusals = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/secret-path"


class Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.refusals:
            self.server.refusals -= 1
            self.send_response(503)
        else:
            self.server.told.append(said)
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    found = Receiver()
    threading.Thread(target=found.serve_forever, daemon=True).start()
    monkeypatch.setenv("AUDIENCE_ALERT_WEBHOOK", found.url)
    yield found
    found.shutdown()
    found.server_close()


@dg.asset(check_specs=[dg.AssetCheckSpec("no_gaps", asset="table"), dg.AssetCheckSpec("fresh", asset="table")])
def table(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    if context.run.tags.get("fail"):
        raise ValueError("somebody@example.com is no number")
    return dg.MaterializeResult(
        check_results=[
            dg.AssetCheckResult(check_name="no_gaps", passed=False, severity=dg.AssetCheckSeverity.WARN),
            dg.AssetCheckResult(check_name="fresh", passed=True),
        ]
    )


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def ran(instance: dg.DagsterInstance, **tags: str) -> dg.ExecuteInProcessResult:
    return dg.materialize([table], instance=instance, tags=tags, raise_on_error=False)


def test_a_failed_run_is_told_with_its_steps_and_without_what_a_record_said(
    receiver: Receiver, instance: dg.DagsterInstance
) -> None:
    result = ran(instance, fail="yes")
    context = dg.build_run_status_sensor_context(
        "alert_on_failed_run", result.get_run_failure_event(), instance, result.dagster_run
    ).for_run_failure()
    alert_on_failed_run(context)
    (told,) = receiver.told
    assert told["kind"] == "run_failed"
    assert result.run_id[:8] in told["text"]
    assert told["details"] == ["step table"]
    assert "somebody@example.com" not in json.dumps(told)


def test_a_failed_check_of_a_run_that_went_on_is_told(receiver: Receiver, instance: dg.DagsterInstance) -> None:
    result = ran(instance)
    assert result.success
    context = dg.build_run_status_sensor_context(
        "alert_on_failed_check", result.get_run_success_event(), instance, result.dagster_run
    )
    alert_on_failed_check(context)
    (told,) = receiver.told
    assert told["details"] == ["table:no_gaps (WARN)"]


def test_problems_are_told_once_and_their_end_too(receiver: Receiver, instance: dg.DagsterInstance, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    (home.bronze / "_manifests" / "native").mkdir(parents=True)
    torn = home.bronze / "_manifests" / "native" / "a.json"
    torn.write_text("{")
    audience = AudienceResource.of(Environment.read({"AUDIENCE_HOME": str(home.root)}))
    cursor: str | None = None

    def tick() -> int:
        nonlocal cursor
        with dg.build_sensor_context(instance=instance, cursor=cursor, resources={"audience": audience}) as context:
            alert_on_health(context)
            cursor = context.cursor
        return len(receiver.told)

    assert tick() == 1
    assert "is no manifest" in receiver.told[0]["text"]
    assert tick() == 1
    torn.unlink()
    assert tick() == 2
    assert receiver.told[1]["kind"] == "healthy"
    assert tick() == 2


def test_a_disk_that_is_short_is_told_once_however_its_free_bytes_move() -> None:
    def told(free: str, file: str) -> str:
        return SIZE.sub("#", f"disk: {free} are free; a full build may take 1.2 GB more. lake: {file} is no manifest")

    assert told("12.31 GB", "a1.json") == told("9 MB", "a1.json") == told("1,024 bytes", "a1.json")
    assert told("9 MB", "a1.json") != told("9 MB", "a2.json")


def test_a_stale_snapshot_is_told() -> None:
    area = Area("snapshot", {"age in hours": 51.0})
    assert troubles(Diagnosis("home", "landing", [area])) == ["snapshot: it is more than 50 hours old"]
    area.facts["age in hours"] = 49.0
    assert troubles(Diagnosis("home", "landing", [area])) == []


def test_without_a_webhook_nobody_is_told(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AUDIENCE_ALERT_WEBHOOK", raising=False)
    audience = AudienceResource.of(Environment.read({"AUDIENCE_HOME": str(tmp_path)}))
    with dg.build_sensor_context(instance=instance, resources={"audience": audience}) as context:
        assert isinstance(alert_on_health(context), dg.SkipReason)
        assert context.cursor is None


def test_a_webhook_that_is_busy_is_asked_again_and_its_address_never_said(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.refusals = 1
    send(receiver.url, Alert("healthy", "well"))
    assert len(receiver.told) == 1
    receiver.refusals = 9
    with pytest.raises(AlertError) as raised:
        send(receiver.url, Alert("healthy", "well"))
    assert "secret-path" not in str(raised.value)
    monkeypatch.setenv("AUDIENCE_ALERT_WEBHOOK", "http://elsewhere.example/secret-path")
    with pytest.raises(AlertError, match="https"):
        webhook()


def test_old_runs_are_forgotten_where_a_limit_is_set(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = ran(instance).run_id, ran(instance).run_id
    monkeypatch.setenv("AUDIENCE_HISTORY_DAYS", "30")
    monkeypatch.setattr(history, "datetime", LaterClock)
    LaterClock.later = timedelta(days=29)
    forget_history.execute_in_process(instance=instance)
    assert {old, new} <= {run.run_id for run in instance.get_runs()}
    LaterClock.later = timedelta(days=31)
    forget_history.execute_in_process(instance=instance)
    assert not {old, new} & {run.run_id for run in instance.get_runs()}


class LaterClock(datetime):
    """The clock, so much later."""

    later = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + cls.later
