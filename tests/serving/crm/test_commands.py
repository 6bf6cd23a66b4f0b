"""deliveries.yml is checked to the line, secrets stay out of it, and the commands say what happened and what to do."""

import re
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from serving.crm.__main__ import app
from serving.crm.deliveries.config import REPOSITORY, ConfigError, read_config, settings_of
from serving.crm.deliveries.destination import Kind
from serving.crm.deliveries.layouts import layouts_of
from serving.crm.deliveries.plan import Delivered
from serving.crm.deliveries.run import run_delivery
from serving.crm.files import refresh_files
from tests.serving.crm.conftest import Office

GOOD = """
destinations:
  sales:
    type: hubspot
    token: {env: HUBSPOT_TOKEN}
  hook:
    type: webhook
    url: https://crm.example.org/in/
    secret: {file: /run/secrets/hook}
"""


def refusal(office: Office, text: str) -> str:
    office.configure(text)
    with pytest.raises(ConfigError) as refused:
        read_config(office.home)
    return str(refused.value)


def test_no_file_is_no_destination(office: Office) -> None:
    assert read_config(office.home) == {}


def test_a_file_names_its_destinations(office: Office) -> None:
    office.configure(GOOD)
    known = read_config(office.home)
    assert [(name, settings.type) for name, settings in known.items()] == [("sales", "hubspot"), ("hook", "webhook")]
    assert getattr(known["hook"], "url", None) == "https://crm.example.org/in"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ("token: {env: HUBSPOT_TOKEN}", "token: pat-123"),
            "line 5: destinations.sales.token: a secret never stands in this file",
        ),
        (("{env: HUBSPOT_TOKEN}", "{env: A, file: /b}"), "line 5: destinations.sales.token: write either"),
        (("/run/secrets/hook", f"{REPOSITORY}/secret"), "line 9: destinations.hook.secret: .*lies in the repository"),
        (("https://crm", "http://crm"), "line 8: destinations.hook.url: use https"),
        # pragma: allowlist nextline secret
        (("https://crm", "https://user:word@crm"), "line 8: destinations.hook.url: leave user and password out"),
        (("type: webhook", "type: pigeon"), "destinations.hook: .*'pigeon'.*'hubspot'"),
        (("type: webhook", "type: webhook\n    colour: red"), "line 8: destinations.hook.colour: Extra inputs"),
        (("  hook:", "  My Hook:"), "line 6: destinations.My Hook: String should match"),
        (("destinations:", "destination:"), "line 2: destination: Extra inputs"),
        (("type: hubspot", "type: [hubspot"), "is not YAML"),
        (("type: hubspot", "type: hubspot\n    fields: {contact: {x: 5}}"), "line 5: destinations.sales.fields.contact.x"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_field(office: Office, change: tuple[str, str], told: str) -> None:
    message = refusal(office, GOOD.replace(*change))
    assert re.search(told, message), message
    assert str(office.home.root / "deliveries.yml") in message
    assert "pat-123" not in message


def test_a_missing_secret_says_where_it_is_looked_for(office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    office.configure(GOOD.replace("/run/secrets/hook", str(tmp_path / "hook")))
    monkeypatch.delenv("HUBSPOT_TOKEN", raising=False)
    known = read_config(office.home)
    with pytest.raises(ConfigError, match="environment variable HUBSPOT_TOKEN"):
        known["sales"].token.read()  # type: ignore[union-attr]
    with pytest.raises(ConfigError, match="write the secret into"):
        known["hook"].secret.read()  # type: ignore[union-attr]
    (tmp_path / "hook").write_text("word\n")
    (tmp_path / "hook").chmod(0o600)
    assert known["hook"].secret.read() == "word"  # type: ignore[union-attr]


def test_a_mapping_is_changed_field_by_field(office: Office) -> None:
    fields = "{lastname: [name, email], aia_name: null, aia_form_count: play_count}"
    office.configure(GOOD.replace("type: hubspot", f"type: hubspot\n    kinds: [contact]\n    fields: {{contact: {fields}}}"))
    layouts = layouts_of(settings_of(office.home, "sales"))
    assert list(layouts) == [Kind.CONTACT]
    contact = layouts[Kind.CONTACT]
    assert contact["lastname"] == ["name", "email"]
    assert contact["aia_form_count"] == ["play_count"]
    assert "aia_name" not in contact
    assert contact["aia_external_id"] == ["external_id"]


def test_a_kind_that_cannot_go_there_is_refused(office: Office) -> None:
    office.configure(GOOD.replace("type: hubspot", "type: hubspot\n    kinds: [contact, activity]"))
    with pytest.raises(ConfigError, match="activity cannot go there: name account, contact"):
        layouts_of(settings_of(office.home, "sales"))


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ("type: hubspot, token: {env: TOKEN}, fields: {contact: {email: null}}", "fields.contact.email"),
        ("type: hubspot, token: {env: TOKEN}, fields: {account: {aia_external_id: null}}", "fields.account.aia_external_id"),
        ("type: hubspot, token: {env: TOKEN}, fields: {contact: {aia_external_id: email}}", "fields.contact.aia_external_id"),
        (
            "type: salesforce, url: 'https://a.example', access_token: {env: TOKEN}, fields: {contact: {AIA_External_Id__c: null}}",
            "fields.contact.AIA_External_Id__c",
        ),
    ],
)
def test_a_field_that_records_are_known_by_is_not_taken_out(office: Office, settings: str, field: str) -> None:
    office.configure(f"destinations: {{sales: {{{settings}}}}}")
    with pytest.raises(ConfigError, match=rf"{re.escape(field)} of deliveries\.yml"):
        layouts_of(settings_of(office.home, "sales"))


@pytest.fixture
def lake(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A home that delivers contacts into a database of its own."""
    monkeypatch.setenv("AUDIENCE_HOME", str(office.home.root))
    monkeypatch.setenv("ELSEWHERE", f"duckdb:///{tmp_path / 'elsewhere.duckdb'}")
    monkeypatch.setenv("COLUMNS", "200")
    office.configure("destinations: {lake: {type: dlt, destination: duckdb, credentials: {env: ELSEWHERE}, kinds: [contact]}}")
    for external_id in ("ann", "bob"):
        office.contact(external_id)
    office.publish()
    return office


def said(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def test_deliver_and_status_say_what_happened(lake: Office) -> None:
    assert "would send" in said("deliver", "lake", "--dry-run")
    assert "python -m serving.crm deliver lake" in said("status", "lake", code=1)
    assert "2 synced, 0 failed, 0 skipped, 0 gone" in said("deliver", "lake")
    assert "0 synced, 0 failed, 0 skipped, 0 gone" in said("deliver")
    status = said("status", "lake")
    assert "marts.1.duckdb" in status
    assert "synced" in status


def test_a_destination_that_stops_keeps_nothing_from_the_others(lake: Office) -> None:
    hook = "{type: webhook, url: 'https://crm.example.org', secret: {env: NO_SUCH_VARIABLE}}"
    text = (lake.home.root / "deliveries.yml").read_text()
    lake.configure(text.replace("{lake:", f"{{hook: {hook}, lake:"))
    output = said("deliver", code=1)
    assert "hook: A secret is missing: set the environment variable NO_SUCH_VARIABLE" in output
    assert "2 synced" in output


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ("{type: hubspot, token: {env: TOKEN}, fields: {contact: {email: null}}}", r"fields\.contact\.email of deliveries\.yml"),
        (
            "{type: dlt, destination: duckdb, credentials: {env: ELSEWHERE}, fields: {contact: {seen: [last_seen_at, play_count]}}}",
            r"The contacts of marts\.1\.duckdb cannot be compared .*TIMESTAMP.*`fields`",
        ),
    ],
)
def test_a_destination_whose_fields_cannot_be_filled_keeps_nothing_from_the_others(lake: Office, other: str, told: str) -> None:
    text = (lake.home.root / "deliveries.yml").read_text()
    lake.configure(text.replace("{lake:", f"{{other: {other}, lake:"))
    output = said("deliver", code=1)
    assert re.search(f"other: {told}", output), output
    assert "2 synced" in output


def test_who_withdraws_while_one_destination_is_served_is_not_sent_to_the_next(
    lake: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def and_then_published(*arguments: Any, **options: Any) -> Delivered:
        delivered = run_delivery(*arguments, **options)
        lake.contacts.pop("bob", None)
        lake.publish()
        return delivered

    monkeypatch.setenv("FURTHER", f"duckdb:///{tmp_path / 'further.duckdb'}")
    first = "{type: dlt, destination: duckdb, credentials: {env: ELSEWHERE}, kinds: [contact]}"
    lake.configure(f"destinations: {{lake: {first}, pond: {first.replace('ELSEWHERE', 'FURTHER')}}}")
    monkeypatch.setattr("serving.crm.__main__.run_delivery", and_then_published)
    said("deliver")
    assert set(lake.statuses("lake")) == {"ann", "bob"}
    assert set(lake.statuses("pond")) == {"ann"}


def test_an_unknown_destination_lists_the_known_ones(lake: Office) -> None:
    assert "no destination sales (it has lake)" in said("deliver", "sales", code=1)


def test_nothing_configured_says_which_file_to_write(lake: Office) -> None:
    (lake.home.root / "deliveries.yml").unlink()
    assert "deliveries.yml as docs/crm.md shows" in said("deliver", code=1)


def test_a_client_that_is_not_installed_names_the_command_that_brings_it(lake: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "serving.crm.deliveries.destinations.pipeline", raising=False)
    monkeypatch.setitem(sys.modules, "dlt", None)
    assert "make deliver" in said("deliver", "lake", code=1)


def test_import_files_go_beside_the_exports(lake: Office) -> None:
    said("import-files", "lake")
    assert (lake.home.exports / "lake" / "contact.csv").read_text().count("\n") == 3


@pytest.mark.parametrize("arguments", [[], ["--format", "csv"], ["--to", "{exports}"]])
def test_a_homes_own_files_hold_nobody_who_withdrew_in_whatever_format(lake: Office, arguments: list[str]) -> None:
    exports = lake.home.exports
    said("files", "--format", "ndjson")
    assert {path.suffix for path in exports.glob("crm_*")} == {".csv", ".parquet", ".ndjson"}
    del lake.contacts["bob"]
    lake.publish()
    said("files", *(each.format(exports=exports) for each in arguments))
    assert {path.suffix for path in exports.glob("crm_*")} == {".csv", ".parquet"}
    with duckdb.connect() as connection:
        for reader in ("csv", "parquet"):
            rows = connection.execute(f"select external_id from read_{reader}('{exports}/crm_contact.{reader}')").fetchall()
            assert rows == [("ann",)]
    assert refresh_files(lake.home) is None


def test_files_elsewhere_are_in_the_formats_asked_for(lake: Office, tmp_path: Path) -> None:
    said("files", "--to", str(tmp_path / "out"), "--format", "parquet")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"crm_account.parquet", "crm_contact.parquet", "exports.json"}
