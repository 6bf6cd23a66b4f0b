"""Contacts and companies in a HubSpot that keeps to its documented rules."""

import csv
from collections.abc import Iterator

import pytest

from serving.crm.deliveries.config import settings_of
from serving.crm.deliveries.destination import DeliveryError
from serving.crm.deliveries.imports import write_import_files
from tests.serving.crm.conftest import Office, numbered
from tests.serving.crm.hubspot_rules import BATCH_LIMIT, TOKEN, HubSpotRules, application
from tests.serving.crm.local_server import serving

CONFIG = """
destinations:
  hubspot:
    type: hubspot
    url: {url}
    token: {{env: HUBSPOT_TOKEN}}
    gone: {gone}
"""


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, HubSpotRules]]:
    rules = HubSpotRules()
    with serving(application(rules)) as url:
        yield url, rules


@pytest.fixture
def hubspot(address: tuple[str, HubSpotRules], office: Office, monkeypatch: pytest.MonkeyPatch) -> HubSpotRules:
    url, rules = address
    rules.__init__()  # type: ignore[misc]
    monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)
    office.configure(CONFIG.format(url=url, gone="clear"))
    return rules


def contact(rules: HubSpotRules, email: str) -> tuple[str, dict[str, str]]:
    """HubSpot's id and properties of who has an address."""
    identity = rules.found("contacts", "email", email)
    assert identity
    return identity, rules.records["contacts"][identity]


def test_contacts_and_companies_are_created_tied_updated_and_left_alone(hubspot: HubSpotRules, office: Office) -> None:
    office.account("corp")
    office.contact("ann", account_external_id="corp", account_name="Corp")
    office.contact("bob")
    assert office.deliver("hubspot").results == {"synced": 3}
    ann, properties = contact(hubspot, "ann@example.org")
    company = hubspot.found("companies", "aia_external_id", "corp")
    assert hubspot.associations == {(ann, company)}
    assert properties["aia_external_id"] == "ann"
    assert properties["aia_engagement_score"] == "50"
    assert properties["aia_last_seen_at"] == "2026-10-08T09:30:00.000Z"
    assert "aia_last_converted_at" not in properties
    hubspot.calls.clear()
    assert office.deliver("hubspot").results == {}
    assert hubspot.calls == []
    office.contact("ann", engagement_score=80)
    assert office.deliver("hubspot").results == {"synced": 1}
    assert contact(hubspot, "ann@example.org") == (ann, {**properties, "aia_engagement_score": "80"})


def test_a_thousand_contacts_go_in_batches_of_a_hundred(hubspot: HubSpotRules, office: Office) -> None:
    for external_id in numbered(250):
        office.contact(external_id)
    assert office.deliver("hubspot").results == {"synced": 250}
    assert len(hubspot.records["contacts"]) == 250
    assert max(hubspot.sizes) == BATCH_LIMIT


def test_a_contact_of_sales_with_the_address_becomes_ours_and_keeps_its_name(hubspot: HubSpotRules, office: Office) -> None:
    known = hubspot.add("contacts", email="ann@example.org", firstname="Annette", lastname="Ash")
    office.contact("ann")
    office.deliver("hubspot")
    identity, properties = contact(hubspot, "ann@example.org")
    assert identity == known
    assert (properties["firstname"], properties["lastname"], properties["aia_external_id"]) == ("Annette", "Ash", "ann")


@pytest.mark.parametrize("is_acknowledged", [True, False], ids=["known here", "known there alone"])
def test_a_new_address_is_written_to_the_same_contact(hubspot: HubSpotRules, office: Office, is_acknowledged: bool) -> None:
    office.contact("ann")
    office.deliver("hubspot")
    ann, _ = contact(hubspot, "ann@example.org")
    if not is_acknowledged:
        for path in (office.home.root / "deliveries").glob("hubspot.sqlite*"):
            path.unlink()
    office.contact("ann", email="ann@new.example")
    assert office.deliver("hubspot").results == {"synced": 1}
    assert contact(hubspot, "ann@new.example")[0] == ann
    assert len(hubspot.records["contacts"]) == 1


def test_a_contact_that_somebody_deleted_there_is_made_anew(hubspot: HubSpotRules, office: Office) -> None:
    office.contact("ann")
    office.contact("bob")
    office.deliver("hubspot")
    ann, _ = contact(hubspot, "ann@example.org")
    del hubspot.records["contacts"][ann]
    office.contact("ann", engagement_score=1)
    office.contact("bob", engagement_score=1)
    assert office.deliver("hubspot").results == {"synced": 2}
    assert contact(hubspot, "ann@example.org")[0] != ann


def test_of_one_address_in_two_contacts_one_is_sent(hubspot: HubSpotRules, office: Office) -> None:
    office.contact("ann", email="team@example.org")
    office.contact("bob", email="team@example.org", workspace_id="other")
    assert office.deliver("hubspot").results == {"synced": 1, "skipped": 1}
    assert office.statuses("hubspot")["bob"] == ("skipped", "same email as ann")


def test_one_bad_address_fails_alone_in_its_batch(hubspot: HubSpotRules, office: Office) -> None:
    for external_id in numbered(20):
        office.contact(external_id)
    office.contact("00007", email="no address")
    assert office.deliver("hubspot").results == {"synced": 19, "failed": 1}
    status, reason = office.statuses("hubspot")["00007"]
    assert status == "failed"
    assert "<email> is invalid" in reason


def test_a_conflict_that_hubspot_names_fails_alone_without_a_second_call(hubspot: HubSpotRules, office: Office) -> None:
    office.contact("ann")
    office.contact("bob")
    office.deliver("hubspot")
    hubspot.add("contacts", email="taken@example.org")
    hubspot.calls.clear()
    office.contact("ann", email="taken@example.org")
    office.contact("bob", engagement_score=1)
    assert office.deliver("hubspot").results == {"synced": 1, "failed": 1}
    assert hubspot.calls == ["POST /crm/v3/objects/contacts/batch/update"]
    assert office.statuses("hubspot")["ann"][1].startswith("email <email> is already used")


def test_too_many_requests_are_repeated_as_asked(hubspot: HubSpotRules, office: Office) -> None:
    hubspot.busy = 2
    office.contact("ann")
    assert office.deliver("hubspot").results == {"synced": 1}


def test_who_is_gone_is_emptied_and_keeps_the_address_that_is_not_ours(hubspot: HubSpotRules, office: Office) -> None:
    known = hubspot.add("contacts", email="ann@example.org", lastname="Ash")
    office.contact("ann")
    office.contact("bob")
    office.deliver("hubspot")
    del office.contacts["ann"]
    assert office.deliver("hubspot").results == {"gone": 1}
    assert hubspot.records["contacts"][known] == {"email": "ann@example.org", "lastname": "Ash"}
    assert len(hubspot.records["contacts"]) == 2


def test_who_is_gone_can_be_archived_instead_and_need_not_be_there(
    hubspot: HubSpotRules, office: Office, address: tuple[str, HubSpotRules]
) -> None:
    office.configure(CONFIG.format(url=address[0], gone="archive"))
    for external_id in ("ann", "bob", "eve"):
        office.contact(external_id)
    office.deliver("hubspot")
    ann, _ = contact(hubspot, "ann@example.org")
    bob, _ = contact(hubspot, "bob@example.org")
    del hubspot.records["contacts"][bob]
    del office.contacts["ann"], office.contacts["bob"]
    assert office.deliver("hubspot").results == {"gone": 2}
    assert hubspot.archived == {ann}
    assert len(hubspot.records["contacts"]) == 1


def test_a_company_that_was_deleted_there_fails_the_tie_and_says_so(hubspot: HubSpotRules, office: Office) -> None:
    office.account("corp")
    office.contact("ann", account_external_id="corp")
    office.deliver("hubspot")
    hubspot.records["companies"].clear()
    office.contact("ann", engagement_score=1)
    assert office.deliver("hubspot").results == {"failed": 1}
    assert office.statuses("hubspot")["ann"][1] == "not tied to its company: One or more objects do not exist"


def test_a_new_contact_that_could_not_be_tied_is_emptied_when_it_is_gone(hubspot: HubSpotRules, office: Office) -> None:
    office.account("corp")
    office.deliver("hubspot")
    hubspot.records["companies"].clear()
    office.contact("ann", account_external_id="corp")
    assert office.deliver("hubspot").results == {"failed": 1}
    del office.contacts["ann"]
    assert office.deliver("hubspot").results == {"gone": 1}
    assert contact(hubspot, "ann@example.org")[1] == {"email": "ann@example.org"}


def test_a_wrong_token_and_a_property_that_nobody_made_are_said_plainly(
    hubspot: HubSpotRules, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for external_id in numbered(30):
        office.contact(external_id)
    with monkeypatch.context() as context:
        context.setenv("HUBSPOT_TOKEN", "wrong")
        with pytest.raises(DeliveryError, match=r"401.*Check the address, the token"):
            office.deliver("hubspot")
    text = (office.home.root / "deliveries.yml").read_text()
    office.configure(text + "    fields: {contact: {aia_shoe_size: play_count}}\n")
    with pytest.raises(DeliveryError, match=r"in a row are refused.*aia_shoe_size"):
        office.deliver("hubspot")


def test_the_import_file_has_hubspots_names_one_row_an_address_and_no_formula(hubspot: HubSpotRules, office: Office) -> None:
    office.account("corp")
    office.contact("ann", name="=1+1", email="team@example.org")
    office.contact("bob", email="team@example.org")
    folder = office.home.exports / "hubspot"
    written = write_import_files(office.publish(), settings_of(office.home, "hubspot"), folder)
    assert [(path.name, rows) for path, rows in written] == [("account.csv", 1), ("contact.csv", 1)]
    with (folder / "contact.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["email"], row["aia_external_id"], row["aia_name"]) == ("team@example.org", "ann", "'=1+1")
    assert row["aia_last_seen_at"] == "2026-10-08T09:30:00.000Z"
    assert b"\r" not in (folder / "contact.csv").read_bytes()
