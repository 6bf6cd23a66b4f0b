"""``python -m security.advisories``: known vulnerabilities of the pinned packages, by pip-audit and npm audit.

A registry that tells of none (a mirror, no network) is known by asking for a version that has some; then nothing was audited, and
that is said. What is found fails, unless ``accepted_advisories.toml`` accepts it with a reason, for a time.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from serving.dashboard.node import Node, NodeMissingError, find_node

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "audit"
ACCEPTED = Path(__file__).with_name("accepted_advisories.toml")
PIP_AUDIT = ROOT / ".venv-audit" / "bin" / "pip-audit"
# The other locks are parts of the first.
PYTHON_LOCKS = ("requirements-spark.lock", "requirements-superset.lock", "requirements-audit.lock", "serving/dashboard/node.lock")
NPM_LOCK = "serving/dashboard/site/package-lock.json"
# Versions with vulnerabilities that have been public for years (CVE-2018-18074, CVE-2019-10744): who does not know of these knows nothing.
PYTHON_CANARY = "requests==2.19.0\n"
NPM_CANARY = ("lodash", "4.17.4")
SECONDS = 300


class NotAuditedError(RuntimeError):
    """Nobody could be asked; the message says why."""


@dataclass(frozen=True, order=True)
class Advisory:
    """A known vulnerability of a package at its pinned version. names: its identifiers, of which one is enough to accept it."""

    package: str
    version: str
    names: tuple[str, ...]
    fixed_in: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}: {', '.join(self.names)}; fixed in {self.fixed_in or 'no version yet'}"


@dataclass(frozen=True)
class Acceptance:
    """A vulnerability that somebody looked at and accepts until a day."""

    advisory: str
    package: str
    reason: str
    until: date


def accepted(text: str) -> list[Acceptance]:
    """What ``accepted_advisories.toml`` says.

    Raises:
        ValueError: an entry lacks a field, or gives no reason.
    """
    found = []
    for number, entry in enumerate(tomllib.loads(text).get("accepted", []), start=1):
        is_whole = set(entry) == {"advisory", "package", "reason", "until"}
        if not is_whole or not str(entry["reason"]).strip() or not isinstance(entry["until"], date):
            raise ValueError(
                f"{ACCEPTED.name}, entry {number}: write advisory, package, a reason, and until as a date (2027-01-31)."
            )
        found.append(Acceptance(**entry))
    return found


def standing(
    found: Iterable[Advisory], acceptances: Sequence[Acceptance], today: date
) -> tuple[list[Advisory], list[Acceptance]]:
    """The vulnerabilities that nobody accepts today, and the acceptances that accept none any more."""
    found = sorted(found)
    valid = [each for each in acceptances if today <= each.until]

    def accepts(acceptance: Acceptance, advisory: Advisory) -> bool:
        return acceptance.package == advisory.package and acceptance.advisory in advisory.names

    open_ = [advisory for advisory in found if not any(accepts(each, advisory) for each in valid)]
    idle = [each for each in acceptances if not any(accepts(each, advisory) for advisory in found)]
    return open_, idle


def of_pip_audit(report: Mapping[str, Any]) -> list[Advisory]:
    """The vulnerabilities in pip-audit's JSON.

    Raises:
        NotAuditedError: it could not ask about a package.
    """
    if skipped := [str(each["skip_reason"]) for each in report["dependencies"] if "skip_reason" in each]:
        raise NotAuditedError(f"{skipped[0]} ({len(skipped)} packages)")
    return [
        Advisory(each["name"], each["version"], (found["id"], *found.get("aliases", ())), ", ".join(found["fix_versions"]))
        for each in report["dependencies"]
        for found in each["vulns"]
    ]


def of_npm_audit(report: Mapping[str, Any]) -> list[Advisory]:
    """The vulnerabilities in npm audit's JSON.

    Raises:
        NotAuditedError: the registry has no advisories.
    """
    if "vulnerabilities" not in report:
        raise NotAuditedError(str(report.get("message") or "npm audit gave no answer"))
    return sorted(
        {
            Advisory(cause["name"], cause["range"], (cause["url"].rpartition("/")[2],), "")
            for each in report["vulnerabilities"].values()
            for cause in each["via"]
            if isinstance(cause, Mapping)
        }
    )


def json_of(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Any:
    """What a program prints, as JSON; its exit code says only that it found something.

    Raises:
        NotAuditedError: it printed none.
    """
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
        return json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAuditedError(f"{Path(command[0]).name}: {error}") from error
    except ValueError as error:
        raise NotAuditedError((done.stderr.strip().splitlines() or ["it said nothing"])[-1]) from error


def python_advisories() -> list[Advisory]:
    """Of the packages in all locks of Python.

    Raises:
        NotAuditedError: the registry tells of no vulnerability, even where there is one.
    """
    options = ["-s", "pypi", "--disable-pip", "--no-deps", "--progress-spinner", "off", "--timeout", "15", "--format", "json"]
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "canary.txt"
        canary.write_text(PYTHON_CANARY)
        if not of_pip_audit(json_of([str(PIP_AUDIT), *options, "-r", str(canary)], ROOT)):
            raise NotAuditedError("the registry tells of no vulnerabilities")
    locks = [argument for lock in PYTHON_LOCKS for argument in ("-r", lock)]
    return of_pip_audit(json_of([str(PIP_AUDIT), *options, *locks], ROOT))


def npm_advisories(node: Node) -> list[Advisory]:
    """Of the packages in the dashboard's lock.

    Raises:
        NotAuditedError: the registry tells of no vulnerability, even where there is one.
    """
    command = [*node.npm, "audit", "--package-lock-only", "--json", "--fetch-retries=1"]
    name, version = NPM_CANARY
    needs = {"name": "canary", "version": "1.0.0", "dependencies": {name: version}}
    lock = {
        **needs,
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": needs, f"node_modules/{name}": {"version": version}},
    }
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "package.json").write_text(json.dumps(needs))
        (Path(folder) / "package-lock.json").write_text(json.dumps(lock))
        if not of_npm_audit(json_of(command, Path(folder), node.environment())):
            raise NotAuditedError("the registry tells of no vulnerabilities")
    return of_npm_audit(json_of(command, (ROOT / NPM_LOCK).parent, node.environment()))


def look() -> dict[str, Any]:
    """What is known of the locks today: vulnerabilities, and what was not audited, by ecosystem. Asked once a day."""
    today = datetime.now(UTC).date()
    content = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in (*PYTHON_LOCKS, NPM_LOCK))).hexdigest()
    kept = CACHE / f"{today}-{content[:16]}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text()))
    known: dict[str, Any] = {"advisories": [], "not audited": {}}
    for ecosystem in ("Python", "npm"):
        try:
            found = python_advisories() if ecosystem == "Python" else npm_advisories(find_node(ROOT / ".cache" / "dashboard"))
            known["advisories"] += [[each.package, each.version, each.names, each.fixed_in] for each in found]
        except (NotAuditedError, NodeMissingError) as error:
            known["not audited"][ecosystem] = str(error)
    CACHE.mkdir(parents=True, exist_ok=True)
    # Who could not be asked now may be asked a minute later.
    if not known["not audited"]:
        kept.write_text(json.dumps(known))
    return known


def main() -> int:
    """Say what is known; 1 where a vulnerability is that nobody accepts."""
    acceptances = accepted(ACCEPTED.read_text())
    known = look()
    advisories = [Advisory(package, version, tuple(names), fixed) for package, version, names, fixed in known["advisories"]]
    open_, idle = standing(advisories, acceptances, datetime.now(UTC).date())
    for ecosystem, reason in known["not audited"].items():
        print(f"{ecosystem}: not audited: {reason}")
    for advisory in open_:
        print(f"{advisory}. Raise its pin (make lock), or accept it with a reason in {ACCEPTED.relative_to(ROOT)}.")
    for acceptance in idle if not known["not audited"] else []:
        print(f"{acceptance.package} {acceptance.advisory}: accepted, and no longer there. Take it out of {ACCEPTED.name}.")
    return 1 if open_ else 0


if __name__ == "__main__":
    sys.exit(main())
