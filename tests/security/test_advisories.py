"""A known vulnerability stops `make lint`, unless somebody accepted it, with a reason, until a day that has not passed."""

from __future__ import annotations

from datetime import date

import pytest

from security import advisories
from security.advisories import Advisory, NotAuditedError, accepted, of_npm_audit, of_pip_audit, standing

# What pip-audit 2.10 and npm 11 print, shortened.
PIP = {
    "dependencies": [
        {"name": "requests", "version": "2.19.0", "vulns": [
            {"id": "PYSEC-2018-28", "fix_versions": ["2.20.0"], "aliases": ["CVE-2018-18074", "GHSA-x84v-xcm2-53pg"]}]},
        {"name": "rich", "version": "14.0", "vulns": []},
    ]
}  # fmt: skip
NPM = {
    "auditReportVersion": 2,
    "vulnerabilities": {
        "lodash": {"name": "lodash", "severity": "critical", "via": [
            {"source": 1, "name": "lodash", "url": "https://github.com/advisories/GHSA-jf85-cpcp-j695", "range": "<4.17.12"}]},
        "above": {"name": "above", "severity": "critical", "via": ["lodash"]},
    },
}  # fmt: skip
FOUND = [Advisory("requests", "2.19.0", ("PYSEC-2018-28", "CVE-2018-18074", "GHSA-x84v-xcm2-53pg"), "2.20.0")]
LODASH = Advisory("lodash", "<4.17.12", ("GHSA-jf85-cpcp-j695",), "")
ENTRY = (
    '[[accepted]]\nadvisory = "CVE-2018-18074"\npackage = "requests"\nreason = "no redirect is followed"\nuntil = 2027-01-31\n'
)


def test_what_the_auditors_print_is_read():
    assert of_pip_audit(PIP) == FOUND
    assert of_npm_audit(NPM) == [LODASH]


@pytest.mark.parametrize(
    ("entry", "today", "is_open"),
    [
        (ENTRY, date(2027, 1, 31), False),
        (ENTRY, date(2027, 2, 1), True),
        (ENTRY.replace('"requests"', '"rich"'), date(2027, 1, 1), True),
        (ENTRY.replace("18074", "18075"), date(2027, 1, 1), True),
        ("", date(2027, 1, 1), True),
    ],
)
def test_an_acceptance_holds_for_its_package_its_number_and_its_time(entry, today, is_open):
    assert standing(FOUND, accepted(entry), today)[0] == (FOUND if is_open else [])


def test_an_acceptance_of_nothing_is_told():
    assert standing([], accepted(ENTRY), date(2027, 1, 1))[1] == accepted(ENTRY)


@pytest.mark.parametrize("line", ['reason = "no redirect is followed"\n', "until = 2027-01-31\n", 'package = "requests"\n'])
def test_an_acceptance_without_reason_or_end_is_none(line):
    with pytest.raises(ValueError, match="entry 1: write advisory, package, a reason"):
        accepted(ENTRY.replace(line, ""))
    with pytest.raises(ValueError, match="entry 1: write advisory, package, a reason"):
        accepted(ENTRY.replace("no redirect is followed", " "))


def test_a_registry_without_advisories_is_said_to_have_audited_nothing(monkeypatch, capsys, tmp_path):
    skipped = {"dependencies": [{"name": "requests", "skip_reason": "Dependency not found on PyPI and could not be audited"}]}
    with pytest.raises(NotAuditedError, match="could not be audited"):
        of_pip_audit(skipped)
    with pytest.raises(NotAuditedError, match="405 Method Not Allowed"):
        of_npm_audit({"message": "405 Method Not Allowed"})
    # One that answers, and knows of no vulnerability in a version that has one.
    asked: list[list[str]] = []

    def nothing_known(command, folder, environment=None):
        asked.append(list(command))
        return {"dependencies": [], "vulnerabilities": {}}

    monkeypatch.setattr(advisories, "CACHE", tmp_path)
    monkeypatch.setattr(advisories, "json_of", nothing_known)
    assert advisories.main() == 0
    said = capsys.readouterr().out
    assert (
        said
        == "Python: not audited: the registry tells of no vulnerabilities\nnpm: not audited: the registry tells of no vulnerabilities\n"
    )
    assert len(asked) == 2, "the packages in use were asked for, though nothing could be learnt"


def test_a_vulnerability_fails_and_the_same_locks_are_asked_once_a_day(monkeypatch, capsys, tmp_path):
    asked: list[list[str]] = []

    def known(command, folder, environment=None):
        asked.append(list(command))
        return PIP if "pip-audit" in command[0] else NPM

    monkeypatch.setattr(advisories, "CACHE", tmp_path)
    monkeypatch.setattr(advisories, "json_of", known)
    assert advisories.main() == 1
    said = capsys.readouterr().out
    assert "requests 2.19.0: PYSEC-2018-28, CVE-2018-18074, GHSA-x84v-xcm2-53pg; fixed in 2.20.0. Raise its pin" in said
    assert "lodash <4.17.12: GHSA-jf85-cpcp-j695" in said
    assert any("requirements-spark.lock" in argument for command in asked for argument in command)
    calls = len(asked)
    assert advisories.main() == 1
    assert len(asked) == calls
