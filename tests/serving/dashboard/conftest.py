"""A small audience from logs to site by the pipeline itself, once; and one Chromium that may not leave the site."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from ingestion.home import Home
from ingestion.load import load_landing
from ingestion.simulator import simulate
from orchestration.lib.dbt import BUILD, run_dbt
from orchestration.lib.environment import Environment
from orchestration.lib.state import BuildRequest
from orchestration.refresh import make_plan, publish_build, recorded
from serving.dashboard.node import NodeMissingError
from serving.dashboard.screenshots import ARGUMENTS, CHROMIUM, serving
from serving.dashboard.site import refresh_site
from serving.generations import published_snapshot

REPOSITORY = Path(__file__).parents[3]
FIRST_DAY = date(2026, 9, 20)
DAYS = 30


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An installation after ``make run``: marts published, and the site of them. Read only. Shared by all processes of a test run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    made = Home(shared / "dashboard home")
    with FileLock(shared / "dashboard home.lock"):
        if not (made.root / "finished").exists():
            make_home(made)
            (made.root / "finished").touch()
    return made


def make_home(home: Home) -> None:
    """Thirty days over two months, loaded, built and published; then a run as a person starts it, which ends with the site."""
    simulate(home.landing, events=12_000, days=DAYS, start=FIRST_DAY, seed=5)
    variables = {"AUDIENCE_HOME": str(home.root), "LANDING": str(home.landing), "AUDIENCE_SITE": "on"}
    environment = Environment.read(variables)
    load_landing(environment.landing, home)
    plan = make_plan(environment, BuildRequest())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        # The tests on the data are left to those of the models: here they would take half the time.
        with recorded(environment, plan):
            run_dbt(environment, [*BUILD, "--exclude-resource-type", "test"])
        publish_build(environment)
    run = subprocess.run(
        [sys.executable, "-m", "orchestration", "refresh"],
        cwd=REPOSITORY,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (home.root / "run.log").write_text(run.stdout)


@pytest.fixture(scope="session")
def run_log(home: Home) -> str:
    """What the run said."""
    return (home.root / "run.log").read_text()


@pytest.fixture(scope="session")
def site(home: Home) -> Path:
    """The site's folder; skips where no Node can be had."""
    if not (home.site / "index.html").exists():
        try:
            refresh_site(home)
        except NodeMissingError as error:
            pytest.skip(str(error))
    return home.site


Ask = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def ask(home: Home) -> Iterator[Ask]:
    """Ask the published snapshot, apart from anything the dashboard reads."""
    with duckdb.connect(str(published_snapshot(home)), read_only=True) as connection:

        def query(sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
            return connection.execute(sql, parameters).fetchall()

        yield query


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium; skips where it or Playwright is absent."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    with serving(site) as served:
        yield served


@dataclass
class Reader:
    """A browser window on a site, and what went wrong in it."""

    page: Any
    address: str
    problems: list[str] = field(default_factory=list)

    def open(self, route: str = "#/overview") -> Reader:
        """Go to a route and wait until it is drawn."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}/{route}")
        return self.settled()

    def settled(self) -> Reader:
        """Wait until everything asked for is drawn."""
        self.page.wait_for_selector("html[data-ready]", timeout=20_000)
        return self

    def tile(self, label: str) -> str:
        """The number of a metric's tile."""
        return str(self.page.locator(".tile", has=self.page.get_by_text(label, exact=True)).locator(".tile-value").inner_text())

    def rows(self, caption: str) -> list[list[str]]:
        """The cells of a table that is on the page."""
        table = self.page.locator("table", has=self.page.locator("caption", has_text=caption))
        rows = table.locator("tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
        )
        return [list(row) for row in rows]


Read = Callable[..., Reader]


@pytest.fixture
def read(browser: Any, address: str) -> Iterator[Read]:
    """Open a window; at the end no window may have said an error, or asked anybody but the site."""
    readers: list[tuple[Any, Reader]] = []

    def start(at: str = address, **options: Any) -> Reader:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options})
        reader = Reader(context.new_page(), at)

        def guard(route: Any) -> None:
            if route.request.url.startswith((at + "/", "blob:", "data:")):
                route.continue_()
            else:
                reader.problems.append(f"asked {route.request.url}")
                route.abort()

        context.route("**/*", guard)
        reader.page.on("console", lambda said: reader.problems.append(said.text) if said.type in ("error", "warning") else None)
        reader.page.on("pageerror", lambda error: reader.problems.append(str(error)))
        readers.append((context, reader))
        return reader

    yield start
    for context, _ in readers:
        context.close()
    assert [problem for _, reader in readers for problem in reader.problems] == []


@pytest.fixture(scope="session")
def altered(home: Home, site: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Home]:
    """A copy of the installation's snapshot with statements run on it, and the site of that."""

    def make(name: str, *statements: str) -> Home:
        copy = Home(tmp_path_factory.mktemp(name))
        copy.published.mkdir(parents=True)
        snapshot = copy.published / published_snapshot(home).name
        shutil.copyfile(published_snapshot(home), snapshot)
        with duckdb.connect(str(snapshot)) as connection:
            for statement in statements:
                connection.execute(statement).fetchall()
        (copy.published / "marts.duckdb").symlink_to(snapshot.name)
        refresh_site(copy)
        return copy

    return make
