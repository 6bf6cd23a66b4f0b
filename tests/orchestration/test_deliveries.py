"""Dagster delivers what is configured, keeps destinations apart, and says in checks what went wrong."""

from pathlib import Path

import dagster as dg
import pytest

from ingestion.home import Home
from orchestration.defs.serving.crm import crm_deliveries, delivery_sensor
from orchestration.lib.environment import Environment
from orchestration.lib.resources import AudienceResource
from tests.serving.crm.conftest import Office

LAKE = "{type: dlt, destination: duckdb, credentials: {env: ELSEWHERE}, kinds: [contact]}"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("ELSEWHERE", f"duckdb:///{tmp_path / 'elsewhere.duckdb'}")
    monkeypatch.delenv("AUDIENCE_DELIVERIES", raising=False)
    made = Office(Home(tmp_path / "home"))
    made.contact("ann")
    made.publish()
    # The run hands these to its children by the environment; afterwards they are as before.
    for name in ("AUDIENCE_HOME", "LANDING", "AUDIENCE_TARGET"):
        monkeypatch.setenv(name, str(made.home.root))
    return made


def run(office: Office, config: dict[str, object] | None = None) -> dg.ExecuteInProcessResult:
    resource = AudienceResource.of(Environment(office.home, "", True, "dev"))
    ops = {"ops": {"published__crm_deliveries": {"config": config or {}}}}
    return dg.materialize([crm_deliveries], resources={"audience": resource}, run_config=ops, raise_on_error=False)


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {check.check_name: check.passed for check in result.get_asset_check_evaluations()}


def test_nothing_is_sent_unless_it_is_configured(office: Office) -> None:
    result = run(office)
    assert result.success
    assert not (office.home.root / "deliveries").exists()


def test_what_is_configured_is_delivered(office: Office) -> None:
    office.configure(f"destinations: {{lake: {LAKE}}}")
    result = run(office)
    assert result.success
    assert checks(result) == {"every_delivery_ended": True, "every_record_was_taken": True}
    assert office.statuses("lake") == {"ann": ("synced", "")}


def test_a_destination_that_cannot_be_reached_keeps_nothing_from_the_others(office: Office) -> None:
    hook = "{type: webhook, url: 'https://crm.example.org', secret: {env: NO_SUCH_VARIABLE}}"
    office.configure(f"destinations: {{hook: {hook}, lake: {LAKE}}}")
    result = run(office)
    assert not result.success
    assert checks(result) == {"every_delivery_ended": False, "every_record_was_taken": True}
    assert office.statuses("lake") == {"ann": ("synced", "")}
    assert run(office, {"names": ["lake"]}).success


def test_a_publish_asks_for_a_delivery_only_where_one_is_configured(office: Office) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization(["published", "marts"]))
        resource = AudienceResource.of(Environment(office.home, "", True, "dev"))

        def asked() -> list[dg.RunRequest]:
            context = dg.build_sensor_context(instance=instance, resources={"audience": resource})
            return list(delivery_sensor.evaluate_tick(context).run_requests or [])

        assert asked() == []
        office.configure(f"destinations: {{lake: {LAKE}}}")
        assert len(asked()) == 1
