"""Contacts and accounts in a real CRM: created, updated, left alone, refused one by one, taken away, and found once after kills."""

from typing import Any

import pytest

from benchmarks.deliveries import NAMES, campaign
from benchmarks.tryton import DATABASE, PASSWORD, USER, Tryton
from ingestion.home import Home
from serving.crm.deliveries.config import settings_of
from serving.crm.deliveries.destination import DeliveryError, Kind, Outcome, Record
from serving.crm.deliveries.destinations.tryton import TrytonDestination
from tests.serving.crm.conftest import Office, numbered

PARTIES = "select code, name, active from party_party order by code"
MECHANISMS = """
    select party.code, mechanism.type, mechanism.name, mechanism.value
    from party_contact_mechanism as mechanism inner join party_party as party on party.id = mechanism.party
    order by 1, 3
"""
CONFIG = """
destinations:
  tryton:
    type: tryton
    url: {url}
    database: {database}
    user: {user}
    password: {{env: TRYTON_PASSWORD}}
    gone: {gone}
"""


@pytest.fixture
def tryton(tryton_server: Tryton, office: Office, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The server, emptied at the end, and the office's destination."""
    monkeypatch.setenv("TRYTON_PASSWORD", PASSWORD)
    configure(office, tryton_server)
    yield tryton_server
    office.contacts.clear()
    office.accounts.clear()
    configure(office, tryton_server)
    office.deliver("tryton", confirm_gone=True)
    assert tryton_server.rows(PARTIES) == []


def configure(office: Office, server: Tryton, gone: str = "delete") -> None:
    office.configure(CONFIG.format(url=server.url, database=DATABASE, user=USER, gone=gone))


def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods called from now on."""
    seen: list[str] = []
    call = TrytonDestination.call

    def counted(self: TrytonDestination, method: str, *parameters: Any) -> Any:
        seen.append(method.rsplit(".", 1)[-1])
        return call(self, method, *parameters)

    monkeypatch.setattr(TrytonDestination, "call", counted)
    return seen


def test_records_are_created_updated_left_alone_and_deleted(
    tryton: Tryton, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.account("corp")
    office.contact("ann", account_external_id="corp", account_name="Corp")
    office.contact("bob", name=None)
    assert office.deliver("tryton").results == {"synced": 3}
    assert tryton.rows(PARTIES) == [
        ("account-corp", "Corp", 1),
        ("contact-ann", "Name ann", 1),
        ("contact-bob", "bob@example.org", 1),
    ]
    held = {(code, name): (kind, value) for code, kind, name, value in tryton.rows(MECHANISMS)}
    assert held[("contact-ann", "Audience: email")] == ("email", "ann@example.org")
    assert held[("contact-ann", "Audience: engagement score")] == ("other", "50")
    assert held[("contact-ann", "Audience: last seen")] == ("other", "2026-10-08T09:30:00.000Z")
    assert held[("account-corp", "Audience: website")] == ("website", "corp.example")

    seen = calls(monkeypatch)
    assert office.deliver("tryton").results == {}
    assert seen == []

    office.contact("ann", email="ann@new.example", engagement_score=80, account_name=None)
    office.contact("eve")
    del office.contacts["bob"]
    assert office.deliver("tryton").results == {"synced": 2, "gone": 1}
    assert [code for code, _, _ in tryton.rows(PARTIES)] == ["account-corp", "contact-ann", "contact-eve"]
    held = {(code, name): (kind, value) for code, kind, name, value in tryton.rows(MECHANISMS)}
    assert held[("contact-ann", "Audience: email")] == ("email", "ann@new.example")
    assert held[("contact-ann", "Audience: engagement score")] == ("other", "80")
    assert ("contact-ann", "Audience: company") not in held
    assert "bob" not in office.statuses("tryton")


def test_a_record_that_tryton_refuses_stops_no_other_and_is_tried_again_when_it_changes(
    tryton: Tryton, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        office.contact(f"c{number}")
    office.contact("c4", name="A\ttab")
    assert office.deliver("tryton").results == {"synced": 8, "failed": 1}
    status, reason = office.statuses("tryton")["c4"]
    assert status == "failed"
    assert "invalid chars" in reason
    assert "tab" not in reason.replace("<name>", "")

    seen = calls(monkeypatch)
    assert office.deliver("tryton").results == {}
    assert seen == []
    assert office.deliver("tryton", retry_failed=True).results == {"failed": 1}

    office.contact("c4", name="No tab")
    assert office.deliver("tryton").results == {"synced": 1}
    assert ("contact-c4", "No tab", 1) in tryton.rows(PARTIES)


def test_what_people_add_to_a_party_stays_and_what_an_earlier_mapping_left_goes(tryton: Tryton, office: Office) -> None:
    office.contact("ann")
    office.deliver("tryton")
    with_call(
        office, "model.party.contact_mechanism.create", [{"party": party(tryton, "ann"), "type": "phone", "value": "+49 1"}]
    )
    text = (office.home.root / "deliveries.yml").read_text()
    office.configure(text + "    fields: {contact: {other.last video: null, other.plays: play_count}}\n")
    assert office.deliver("tryton").results == {"synced": 1}
    held = {(name, value) for _, _, name, value in tryton.rows(MECHANISMS)}
    assert (None, "+49 1") in held
    assert ("Audience: plays", "2") in held
    assert not any(name == "Audience: last video" for name, _ in held)


def test_a_party_can_be_emptied_and_deactivated_instead_and_comes_back(tryton: Tryton, office: Office) -> None:
    configure(office, tryton, gone="deactivate")
    office.contact("ann")
    office.contact("bob")
    office.deliver("tryton")
    ann = office.contacts.pop("ann")
    assert office.deliver("tryton").results == {"gone": 1}
    assert tryton.rows(PARTIES)[0] == ("contact-ann", None, 0)
    assert {code for code, *_ in tryton.rows(MECHANISMS)} == {"contact-bob"}
    office.contact("ann", **ann)
    assert office.deliver("tryton").results == {"synced": 1}
    assert tryton.rows(PARTIES)[0] == ("contact-ann", "Name ann", 1)


def test_a_request_that_arrives_after_its_sender_died_makes_no_second_party(
    tryton: Tryton, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    parties = TrytonDestination.parties
    asked: list[int] = []

    def late(self: TrytonDestination, kind: Kind, external_ids: Any) -> dict[str, int]:
        found = parties(self, kind, external_ids)
        if not asked:
            # Between the question and the answer's use the dead sender's request comes through.
            asked.append(1)
            body = [{"code": "contact-ann", "name": "by the dead one"}]
            self.call("model.party.party.create", body)
        return found

    monkeypatch.setattr(TrytonDestination, "parties", late)
    office.contact("ann")
    office.contact("bob")
    assert office.deliver("tryton").results == {"synced": 2}
    assert tryton.rows(PARTIES) == [("contact-ann", "Name ann", 1), ("contact-bob", "Name bob", 1)]


def test_a_session_that_the_server_ended_is_opened_again(tryton: Tryton, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    upsert = TrytonDestination.upsert

    def expired(self: TrytonDestination, kind: Kind, records: list[Record]) -> list[Outcome]:
        self.authorization = "Session YWRtaW46MTpub25l"
        return list(upsert(self, kind, records))

    monkeypatch.setattr(TrytonDestination, "upsert", expired)
    office.contact("ann")
    assert office.deliver("tryton").results == {"synced": 1}


def test_a_wrong_password_is_said_plainly(tryton: Tryton, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.contact("ann")
    with monkeypatch.context() as context:
        context.setenv("TRYTON_PASSWORD", "wrong")
        with pytest.raises(DeliveryError, match="check user and password"):
            office.deliver("tryton")
    assert office.statuses("tryton")["ann"][0] == "sending"


def test_contacts_whose_delivery_is_killed_half_way_are_all_there_once(tryton: Tryton, office: Office) -> None:
    """The short form of `make deliveries`: a process of its own, and SIGKILL."""
    office.account("corp", name="=Corp")
    for number, external_id in enumerate(numbered(300)):
        name = NAMES[number % len(NAMES)]
        office.contact(external_id, name=name, account_external_id="corp", account_name="=Corp", engagement_score=number % 101)
    office.publish()
    verdict = campaign(office.home, tryton, kills=1, seed=1, batch_size=10)
    assert verdict.differences == []
    assert (verdict.contacts, verdict.accounts) == (300, 1)
    assert 150 <= verdict.kills[0].parties < 301
    assert verdict.sent_again == "0 synced, 0 failed, 0 skipped, 0 gone"


def with_call(office: Office, method: str, *parameters: Any) -> Any:
    """One call as the office's user."""
    settings: Any = settings_of(office.home, "tryton")
    destination = TrytonDestination(settings, "tryton", Home(office.home.root).root)
    try:
        return destination.call(method, *parameters)
    finally:
        destination.close()


def party(server: Tryton, external_id: str) -> int:
    return int(server.rows("select id from party_party where code = ?", (f"contact-{external_id}",))[0][0])
