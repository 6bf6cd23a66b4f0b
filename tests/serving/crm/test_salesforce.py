"""Contacts and accounts in a Salesforce that keeps to the documented rules of Bulk API 2.0."""

from collections.abc import Iterator

import pytest

from serving.crm.deliveries.destination import DeliveryError
from serving.crm.deliveries.destinations import salesforce as client
from tests.serving.crm.conftest import Office, numbered
from tests.serving.crm.local_server import serving
from tests.serving.crm.salesforce_rules import CLIENT, EXTERNAL_ID, TOKEN, SalesforceRules, application

CONFIG = """
destinations:
  salesforce:
    type: salesforce
    url: {url}
    access_token: {{env: SALESFORCE_TOKEN}}
    gone: {gone}
"""


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, SalesforceRules]]:
    rules = SalesforceRules()
    with serving(application(rules)) as url:
        yield url, rules


@pytest.fixture
def salesforce(address: tuple[str, SalesforceRules], office: Office, monkeypatch: pytest.MonkeyPatch) -> SalesforceRules:
    url, rules = address
    rules.__init__()  # type: ignore[misc]
    monkeypatch.setattr(client, "POLL_SECONDS", 0)
    monkeypatch.setenv("SALESFORCE_TOKEN", TOKEN)
    office.configure(CONFIG.format(url=url, gone="clear"))
    return rules


def held(rules: SalesforceRules, kind: str = "Contact") -> dict[str, dict[str, str]]:
    """Fields by external id."""
    return {fields.get(EXTERNAL_ID, identity): fields for identity, fields in rules.records[kind].items()}


def test_accounts_and_contacts_are_upserted_emptied_field_by_field_and_left_alone(
    salesforce: SalesforceRules, office: Office
) -> None:
    office.account("corp")
    office.contact("ann", account_external_id="corp", name='Ann "A", Ash\nof two lines, Zoë 山田')
    office.contact("bob", name=None)
    assert office.deliver("salesforce").results == {"synced": 3}
    ann = held(salesforce)["ann"]
    assert ann["LastName"] == 'Ann "A", Ash\nof two lines, Zoë 山田'
    assert ann[f"Account.{EXTERNAL_ID}"] == "corp"
    assert ann["AIA_Last_Seen_At__c"] == "2026-10-08T09:30:00.000Z"
    assert "AIA_Last_Converted_At__c" not in ann
    assert held(salesforce)["bob"]["LastName"] == "bob@example.org"
    jobs = len(salesforce.jobs)
    assert office.deliver("salesforce").results == {}
    assert len(salesforce.jobs) == jobs
    office.contact("ann", last_video_id=None, last_video_title=None, engagement_score=90)
    assert office.deliver("salesforce").results == {"synced": 1}
    assert held(salesforce)["ann"]["AIA_Engagement_Score__c"] == "90"
    assert "AIA_Last_Video__c" not in held(salesforce)["ann"]
    assert len(salesforce.records["Contact"]) == 2


def test_a_record_fails_by_itself_and_is_sent_again_when_it_changes(salesforce: SalesforceRules, office: Office) -> None:
    for external_id in numbered(30):
        office.contact(external_id)
    office.contact("00007", name="x" * 81)
    assert office.deliver("salesforce").results == {"synced": 29, "failed": 1}
    status, reason = office.statuses("salesforce")["00007"]
    assert status == "failed"
    assert reason.startswith("STRING_TOO_LONG")
    assert "xx" not in reason
    assert office.deliver("salesforce").results == {}
    office.contact("00007", name="short")
    assert office.deliver("salesforce").results == {"synced": 1}


@pytest.mark.parametrize("trouble", ["locked", "unprocessed"])
def test_what_a_job_could_not_do_now_the_next_delivery_does(salesforce: SalesforceRules, office: Office, trouble: str) -> None:
    office.contact("ann")
    office.contact("bob")
    setattr(salesforce, trouble, {"ann"})
    assert office.deliver("salesforce").results == {"synced": 1, "failed": 1}
    setattr(salesforce, trouble, set())
    assert office.deliver("salesforce").results == {"synced": 1}


def test_too_busy_is_repeated(salesforce: SalesforceRules, office: Office) -> None:
    salesforce.busy = 2
    office.contact("ann")
    assert office.deliver("salesforce").results == {"synced": 1}


def test_who_is_gone_loses_our_fields_by_default_and_comes_back_to_the_same_record(
    salesforce: SalesforceRules, office: Office
) -> None:
    office.contact("ann")
    office.contact("bob")
    office.deliver("salesforce")
    ann = office.contacts.pop("ann")
    assert office.deliver("salesforce").results == {"gone": 1}
    assert held(salesforce)["ann"] == {"LastName": "Name ann", "Email": "ann@example.org", EXTERNAL_ID: "ann"}
    office.contact("ann", **ann)
    assert office.deliver("salesforce").results == {"synced": 1}
    assert len(salesforce.records["Contact"]) == 2
    assert held(salesforce)["ann"]["AIA_Engagement_Score__c"] == "50"


def test_who_is_gone_can_be_deleted_instead_and_need_not_be_there(
    salesforce: SalesforceRules, office: Office, address: tuple[str, SalesforceRules]
) -> None:
    office.configure(CONFIG.format(url=address[0], gone="delete"))
    for external_id in ("ann", "bob", "eve"):
        office.contact(external_id)
    office.deliver("salesforce")
    bob = next(each for each, fields in salesforce.records["Contact"].items() if fields[EXTERNAL_ID] == "bob")
    del salesforce.records["Contact"][bob]
    del office.contacts["ann"], office.contacts["bob"]
    assert office.deliver("salesforce").results == {"gone": 2}
    assert set(held(salesforce)) == {"eve"}


def test_a_field_that_nobody_made_and_a_wrong_token_are_said_plainly(
    salesforce: SalesforceRules, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.contact("ann")
    with monkeypatch.context() as context:
        context.setenv("SALESFORCE_TOKEN", "old")
        with pytest.raises(DeliveryError, match=r"401.*INVALID_SESSION_ID"):
            office.deliver("salesforce")
    text = (office.home.root / "deliveries.yml").read_text()
    office.configure(text + "    fields: {contact: {Shoe_Size__c: play_count}}\n")
    with pytest.raises(DeliveryError, match="Field name not found : Shoe_Size__c"):
        office.deliver("salesforce")


def test_client_credentials_open_a_session(
    salesforce: SalesforceRules, office: Office, address: tuple[str, SalesforceRules], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ID", CLIENT[0])
    monkeypatch.setenv("SECRET", CLIENT[1])
    login = "client_id: {env: ID}\n    client_secret: {env: SECRET}"
    office.configure(CONFIG.format(url=address[0], gone="clear").replace("access_token: {env: SALESFORCE_TOKEN}", login))
    office.contact("ann")
    assert office.deliver("salesforce").results == {"synced": 1}
    monkeypatch.setenv("SECRET", "wrong")
    office.contact("bob")
    with pytest.raises(DeliveryError, match="check client_id and client_secret"):
        office.deliver("salesforce")
