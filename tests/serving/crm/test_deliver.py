"""A delivery sends what changed and nothing else, and whatever kills it leaves every record right in the end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from ingestion.home import Home
from serving.crm.deliveries import deliver as delivering
from serving.crm.deliveries.deliver import deliver, delivery_lock, preview
from serving.crm.deliveries.destination import (
    BatchRejectedError,
    DeliveryError,
    GoneRecord,
    Kind,
    Outcome,
    PassingError,
    Record,
    Status,
)
from serving.crm.deliveries.ledger import Ledger, ledger_path
from serving.crm.deliveries.plan import Delivered, Task
from tests.serving.crm.conftest import Office, numbered

LAYOUTS = {
    Kind.ACCOUNT: {"title": ["name"]},
    Kind.CONTACT: {"email": ["email"], "name": ["name", "email"], "score": ["engagement_score"]},
}


class Killed(BaseException):
    """What SIGKILL does to the sender: nothing after it is executed that writes."""


class Shelf:
    """A CRM in memory; ``trouble`` may raise before or after a batch is taken."""

    batch_size = 4
    layouts: Any = LAYOUTS
    unique_fields: Any = MappingProxyType({})

    def __init__(self) -> None:
        self.records: dict[tuple[Kind, str], dict[str, Any]] = {}
        self.calls: list[tuple[str, list[str]]] = []
        self.before: Any = lambda verb, ids: None
        self.after: Any = lambda verb, ids: None
        self.is_closed = False

    def upsert(self, kind: Kind, records: Sequence[Record]) -> Sequence[Outcome]:
        ids = [record.external_id for record in records]
        self.calls.append(("upsert", ids))
        self.before("upsert", ids)
        for record in records:
            self.records[(kind, record.external_id)] = dict(record.fields)
        self.after("upsert", ids)
        # In another order than asked.
        return [Outcome(each, Status.SYNCED, remote_id=f"{kind}:{each}") for each in reversed(ids)]

    def remove(self, kind: Kind, records: Sequence[GoneRecord]) -> Sequence[Outcome]:
        ids = [record.external_id for record in records]
        self.calls.append(("remove", ids))
        self.before("remove", ids)
        for each in ids:
            self.records.pop((kind, each), None)
        self.after("remove", ids)
        return [Outcome(each, Status.SYNCED) for each in ids]

    def close(self) -> None:
        self.is_closed = True

    def contacts(self) -> set[str]:
        return {external_id for kind, external_id in self.records if kind is Kind.CONTACT}


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def sent(office: Office, shelf: Shelf, **options: Any) -> Delivered:
    """Publish and deliver; the shelf remembers only this delivery's calls."""
    shelf.calls.clear()
    office.publish()
    return deliver(office.home, shelf, Task("shelf", **options))


def crowd(office: Office, count: int) -> None:
    for external_id in numbered(count):
        office.contact(external_id)


def killing(times: int, when: str) -> Any:
    """Raise ``Killed`` at the n-th batch."""
    left = [times]

    def strike(verb: str, ids: list[str]) -> None:
        if verb == when:
            left[0] -= 1
            if left[0] == 0:
                raise Killed

    return strike


def test_only_what_changed_is_sent(office: Office, shelf: Shelf) -> None:
    crowd(office, 10)
    assert sent(office, shelf).results == {"synced": 10}
    assert [len(ids) for _, ids in shelf.calls] == [4, 4, 2]
    assert sent(office, shelf).results == {}
    assert shelf.calls == []
    office.contact("00003", engagement_score=99)
    assert sent(office, shelf).results == {"synced": 1}
    assert shelf.calls == [("upsert", ["00003"])]
    assert shelf.records[(Kind.CONTACT, "00003")]["score"] == 99
    assert shelf.is_closed


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_in_the_middle_costs_one_batch_sent_twice(office: Office, shelf: Shelf, when: str) -> None:
    crowd(office, 10)
    setattr(shelf, when, killing(2, "upsert"))
    with pytest.raises(Killed):
        sent(office, shelf)
    assert {status for status, _ in office.statuses("shelf").values()} == {"synced", "sending"}
    setattr(shelf, when, lambda verb, ids: None)
    assert sent(office, shelf).results == {"synced": 6}
    assert [ids[0] for _, ids in shelf.calls] == ["00004", "00008"]
    assert len(shelf.contacts()) == 10


def test_who_withdraws_before_a_lost_acknowledgement_is_taken_away_all_the_same(office: Office, shelf: Shelf) -> None:
    crowd(office, 3)
    shelf.after = killing(1, "upsert")
    with pytest.raises(Killed):
        sent(office, shelf)
    shelf.after = lambda verb, ids: None
    del office.contacts["00001"]
    assert sent(office, shelf).results == {"synced": 2, "gone": 1}
    assert shelf.contacts() == {"00000", "00002"}


def test_a_change_taken_back_after_a_lost_acknowledgement_is_sent(office: Office, shelf: Shelf) -> None:
    office.contact("ann", engagement_score=10)
    sent(office, shelf)
    office.contact("ann", engagement_score=20)
    shelf.after = killing(1, "upsert")
    with pytest.raises(Killed):
        sent(office, shelf)
    shelf.after = lambda verb, ids: None
    office.contact("ann", engagement_score=10)
    assert sent(office, shelf).results == {"synced": 1}
    assert shelf.records[(Kind.CONTACT, "ann")]["score"] == 10


def test_a_removal_that_was_killed_is_repeated_and_one_taken_back_is_sent_again(office: Office, shelf: Shelf) -> None:
    crowd(office, 3)
    sent(office, shelf)
    ann = office.contacts.pop("00000")
    office.contacts.pop("00001")
    shelf.after = killing(1, "remove")
    with pytest.raises(Killed):
        sent(office, shelf)
    shelf.after = lambda verb, ids: None
    office.contact("00000", **ann)
    assert sent(office, shelf).results == {"gone": 1, "synced": 1}
    assert shelf.contacts() == {"00000", "00002"}
    assert set(office.statuses("shelf")) == {"00000", "00002"}


def test_accounts_come_first_and_go_last(office: Office, shelf: Shelf) -> None:
    office.account("corp")
    office.contact("ann", account_external_id="corp")
    sent(office, shelf)
    assert [ids for _, ids in shelf.calls] == [["corp"], ["ann"]]
    office.accounts.clear()
    office.contacts.clear()
    sent(office, shelf, confirm_gone=True)
    assert shelf.calls == [("remove", ["ann"]), ("remove", ["corp"])]


def test_a_contact_is_sent_again_once_its_account_is_known_there(office: Office, shelf: Shelf) -> None:
    def no_accounts(verb: str, ids: list[str]) -> None:
        if ids == ["corp"]:
            raise BatchRejectedError("400: no companies today")

    office.account("corp")
    office.contact("ann", account_external_id="corp")
    shelf.before = no_accounts
    assert sent(office, shelf).results == {"failed": 1, "synced": 1}
    shelf.before = lambda verb, ids: None
    assert sent(office, shelf, retry_failed=True).results == {"synced": 2}


def test_the_record_that_spoils_a_batch_is_found_and_the_others_go(office: Office, shelf: Shelf) -> None:
    def refuse(verb: str, ids: list[str]) -> None:
        if "00005" in ids:
            raise BatchRejectedError("422: Name 00005 of 00005@example.org is no name")

    crowd(office, 8)
    shelf.before = refuse
    assert sent(office, shelf).results == {"synced": 7, "failed": 1}
    assert office.statuses("shelf")["00005"] == ("failed", "422: <name> of <email> is no name")
    assert sent(office, shelf).results == {}
    office.contact("00005", engagement_score=1)
    shelf.before = lambda verb, ids: None
    assert sent(office, shelf).results == {"synced": 1}


def test_a_record_refused_as_an_update_is_still_taken_away_later(office: Office, shelf: Shelf) -> None:
    crowd(office, 2)
    sent(office, shelf)

    def refuse(verb: str, ids: list[str]) -> None:
        if verb == "upsert":
            raise BatchRejectedError("400: no")

    shelf.before = refuse
    office.contact("00000", engagement_score=1)
    office.contact("new")
    assert sent(office, shelf).results == {"failed": 2}
    del office.contacts["00000"], office.contacts["new"]
    assert sent(office, shelf).results == {"gone": 1}
    assert shelf.calls == [("remove", ["00000"])]
    assert set(office.statuses("shelf")) == {"00001"}


def test_everything_refused_is_a_wrong_set_up_and_stops_early(office: Office, shelf: Shelf) -> None:
    def refuse(verb: str, ids: list[str]) -> None:
        raise BatchRejectedError("400: property aia_name does not exist")

    crowd(office, 200)
    shelf.before = refuse
    with pytest.raises(DeliveryError, match=r"in a row are refused.*aia_name"):
        sent(office, shelf)
    assert len(shelf.calls) < 30


def test_too_busy_is_tried_again_after_as_long_as_it_asks(office: Office, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waited.append)
    answers = [PassingError("429", 7.0), PassingError("503"), None]

    def busy(verb: str, ids: list[str]) -> None:
        if answer := answers.pop(0):
            raise answer

    crowd(office, 1)
    shelf.before = busy
    assert sent(office, shelf).results == {"synced": 1}
    assert waited[0] == 7.0
    assert len(waited) == 2


def test_a_destination_that_stays_away_ends_the_delivery_and_the_next_one_goes_on(
    office: Office, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda seconds: None)

    def away(verb: str, ids: list[str]) -> None:
        if ids[0] >= "00004":
            raise PassingError("ConnectionError: no answer")

    crowd(office, 10)
    shelf.before = away
    with pytest.raises(DeliveryError, match="cannot be reached or is too busy, 6 times in a row"):
        sent(office, shelf)
    assert len([ids for _, ids in shelf.calls if ids[0] == "00004"]) == delivering.ATTEMPTS
    shelf.before = lambda verb, ids: None
    assert sent(office, shelf).results == {"synced": 6}
    ledger = Ledger(ledger_path(office.home, "shelf"))
    assert [bool(each.error) for each in ledger.deliveries(5)] == [False, True]
    ledger.close()


def test_a_wait_longer_than_anybody_stays_is_left_to_a_later_delivery(office: Office, shelf: Shelf) -> None:
    def busy(verb: str, ids: list[str]) -> None:
        raise PassingError("429: daily limit", 7200.0)

    crowd(office, 1)
    shelf.before = busy
    with pytest.raises(DeliveryError, match="7200 seconds"):
        sent(office, shelf)


def test_of_two_contacts_with_one_address_one_is_sent_and_the_other_takes_its_place(office: Office, shelf: Shelf) -> None:
    shelf.unique_fields = {Kind.CONTACT: "email"}
    office.contact("ann", email="team@example.org")
    office.contact("bob", email="team@example.org")
    office.contact("eve")
    assert sent(office, shelf).results == {"synced": 2, "skipped": 1}
    assert office.statuses("shelf")["bob"] == ("skipped", "same email as ann")
    assert sent(office, shelf).results == {}
    del office.contacts["ann"]
    assert sent(office, shelf).results == {"gone": 1, "synced": 1}
    assert shelf.contacts() == {"bob", "eve"}


def test_a_contact_that_another_took_the_place_of_is_not_taken_away_with_it(office: Office, shelf: Shelf) -> None:
    shelf.unique_fields = {Kind.CONTACT: "email"}
    # A system that knows contacts by address gives both the same id.
    shelf.upsert = lambda kind, records: [  # type: ignore[method-assign]
        Outcome(record.external_id, Status.SYNCED, remote_id=record.fields["email"]) for record in records
    ]
    office.contact("bob", email="team@example.org")
    sent(office, shelf)
    office.contact("ann", email="team@example.org")
    assert sent(office, shelf).results == {"synced": 1, "skipped": 1}
    del office.contacts["bob"]
    assert sent(office, shelf).results == {}
    assert shelf.calls == []


def test_most_records_gone_at_once_is_asked_about(office: Office, shelf: Shelf) -> None:
    crowd(office, 40)
    sent(office, shelf)
    office.contacts.clear()
    with pytest.raises(DeliveryError, match=r"40 of the 40 contacts.*--confirm-gone"):
        sent(office, shelf)
    assert shelf.calls == []
    assert sent(office, shelf, confirm_gone=True).results == {"gone": 40}


def test_another_mapping_sends_everything_again(office: Office, shelf: Shelf) -> None:
    crowd(office, 3)
    sent(office, shelf)
    shelf.layouts = {Kind.CONTACT: {"mail": ["email"]}}
    assert sent(office, shelf).results == {"synced": 3}
    assert shelf.records[(Kind.CONTACT, "00000")] == {"mail": "00000@example.org"}


def test_only_the_workspaces_asked_for_are_sent(office: Office, shelf: Shelf) -> None:
    office.contact("ann")
    office.contact("bob", workspace_id="other")
    assert sent(office, shelf, workspaces=["acme"]).results == {"synced": 1}
    assert shelf.contacts() == {"ann"}


def test_a_dry_run_sends_and_notes_nothing(office: Office, shelf: Shelf) -> None:
    crowd(office, 3)
    sent(office, shelf)
    shelf.calls.clear()
    before = office.statuses("shelf")
    office.contact("00000", engagement_score=1)
    office.contact("new")
    del office.contacts["00001"]
    office.publish()
    counts = preview(office.home, shelf, Task("shelf")).plans[1]
    assert (counts.new, counts.changed, counts.gone, counts.unchanged) == (1, 1, 1, 1)
    assert shelf.calls == []
    assert office.statuses("shelf") == before


def test_a_layout_that_names_a_column_that_is_not_there_says_which(office: Office, shelf: Shelf) -> None:
    crowd(office, 1)
    shelf.layouts = {Kind.CONTACT: {"mail": ["e_mail"]}}
    with pytest.raises(DeliveryError, match=r"mail of the contacts is to be filled from e_mail.*email"):
        sent(office, shelf)


def test_a_snapshot_that_is_removed_meanwhile_ends_a_delivery_with_a_sentence_and_the_next_goes_on(
    office: Office, shelf: Shelf
) -> None:
    office.account("corp")
    office.contact("ann", account_external_id="corp")
    shelf.before = lambda verb, ids: (office.home.published / "marts.1.duckdb").unlink()
    with pytest.raises(DeliveryError, match=r"marts\.1\.duckdb was removed meanwhile.*begin again"):
        sent(office, shelf)
    shelf.before = lambda verb, ids: None
    assert sent(office, shelf).results == {"synced": 1}
    assert shelf.calls == [("upsert", ["ann"])]


def test_two_deliveries_to_one_destination_do_not_run_at_once(office: Office, shelf: Shelf) -> None:
    crowd(office, 1)
    with delivery_lock(office.home, "shelf"), pytest.raises(DeliveryError, match="Another delivery to shelf"):
        sent(office, shelf)
    with delivery_lock(office.home, "other"):
        assert sent(office, shelf).results == {"synced": 1}


def test_what_is_published_when_the_lock_is_taken_is_sent(office: Office, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def lock_that_was_taken(home: Home, name: str) -> Iterator[None]:
        with delivery_lock(home, name):
            # What the one before us had to send, and somebody withdrew meanwhile.
            del office.contacts["00001"]
            office.publish()
            yield

    crowd(office, 2)
    monkeypatch.setattr(delivering, "delivery_lock", lock_that_was_taken)
    assert sent(office, shelf).results == {"synced": 1}
    assert shelf.contacts() == {"00000"}


def test_the_ledger_keeps_nothing_of_a_person_but_the_id_and_is_for_its_owner(
    tmp_path: Path, office: Office, shelf: Shelf
) -> None:
    def refuse(verb: str, ids: list[str]) -> None:
        if "ann" in ids:
            raise BatchRejectedError("400: 'Secret Name' <secret@example.org> or other@example.net is taken")

    office.contact("ann", name="Secret Name", email="secret@example.org")
    office.contact("bob", name="Known Name", email="known@example.org")
    shelf.before = refuse
    sent(office, shelf)
    path = ledger_path(Home(office.home.root), "shelf")
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"ann" in content
    for word in (b"Secret", b"secret@", b"other@", b"Known", b"known@"):
        assert word not in content
    assert path.stat().st_mode & 0o077 == 0
