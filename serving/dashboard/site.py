"""``$AUDIENCE_HOME/site``: the built site with the aggregates of the current snapshot, ready for any static web server.

``index.html`` alone decides what a reader sees: it names its code by content hash, and the folder of its data. It is replaced in one
step, after everything it names is in place and on disk; what the generations before it named stays for readers who have them open.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import duckdb
from filelock import FileLock

from ingestion import durable
from ingestion.home import Home, is_on
from ingestion.keeping import let_read
from serving.dashboard import build as building
from serving.dashboard.build import BuildError
from serving.dashboard.export import Setting, SettingError, export
from serving.dashboard.node import NodeMissingError
from serving.dashboard.queries import FOLDER, QueryError
from serving.generations import published_snapshot

SWITCH = "AUDIENCE_SITE"
CURRENT = "current.json"
# In each folder of data: the files of the code that was published with it.
CODE = "code.json"
# And what was withheld from it.
SETTING = "setting.json"
DATA = re.compile(r"\d+-[0-9a-f]{12}")
KEEP = 3
# Why a site may not come to be, while the marts are published all the same.
SITE_ERRORS = (NodeMissingError, BuildError, QueryError, SettingError)


@dataclass(frozen=True)
class Current:
    """What the site shows: the folder of its data, the hash of its code, and the snapshot it was made from."""

    data: str
    code: str
    snapshot: str


@dataclass(frozen=True)
class Site:
    """A site that was published."""

    path: Path
    current: Current
    files: int
    size_bytes: int
    seconds: float


def is_wanted() -> bool:
    """Whether runs end with the site: unless ``AUDIENCE_SITE=off``."""
    return is_on(SWITCH, otherwise=True)


def refresh_site(home: Home, on_step: Callable[[str], None] | None = None) -> Site | None:
    """Publish the site of the current snapshot; None where it shows it already, by the same code and settings.

    Raises:
        NothingPublishedError: there is no snapshot.
        NodeMissingError, BuildError: the code could not be built.
        QueryError, SettingError: the data could not be exported.
    """
    home.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(home.locks / "site.lock"):
        return make_current(home, on_step or (lambda step: None))


def make_current(home: Home, tell: Callable[[str], None]) -> Site | None:
    """The same, by the only one who writes the site now."""
    began = time.monotonic()
    snapshot = published_snapshot(home)
    setting = Setting.from_environment()
    wanted = Current(data_name(snapshot, setting), building.source_hash(), snapshot.name)
    if read_current(home) == wanted and (home.site / "index.html").exists():
        return None
    tell("building the site")
    code = building.build()
    durable.make_folder(home.site)
    sweep(home.site)
    data = home.site / "data" / wanted.data
    if not data.is_dir():
        tell("counting for its pages")
        aside = data.with_name(f".{wanted.data}.new")
        durable.make_folder(aside)
        export(snapshot, aside, setting)
        (aside / SETTING).write_text(json.dumps(asdict(setting)) + "\n", encoding="utf-8")
        for path in (home.site, data.parent, aside, *aside.rglob("*")):
            let_read(path)
        durable.force_tree(aside)
        aside.rename(data)
        durable.force_folder(data.parent)
    publish_code(code, home.site, wanted)
    prune(home.site, wanted, setting.minimum_viewers)
    # Last: a run that finds it does nothing, and would leave what a killed one had still to remove.
    replace(home.site / "data" / CURRENT, (json.dumps(asdict(wanted), indent=2) + "\n").encode())
    held = list(data.rglob("*.json"))
    return Site(home.site, wanted, len(held), sum(path.stat().st_size for path in held), time.monotonic() - began)


def data_name(snapshot: Path, setting: Setting) -> str:
    """The folder of a snapshot's aggregates: its generation, and a hash of all that they follow from."""
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        ((generation, published_at),) = connection.execute("select generation, published_at from _meta.publication").fetchall()
    queries = building.content_hash(sorted(path for path in FOLDER.rglob("*") if path.is_file()), FOLDER)
    exporter = building.content_hash([Path(__file__).with_name("export.py")], FOLDER.parent)
    known = json.dumps([str(published_at), queries, exporter, asdict(setting)])
    return f"{generation}-{sha256(known.encode()).hexdigest()[:12]}"


def read_current(home: Home) -> Current | None:
    """What the site shows; None where there is none, or its record cannot be read."""
    try:
        return Current(**json.loads((home.site / "data" / CURRENT).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def publish_code(code: Path, site: Path, current: Current) -> None:
    """Put the code's files in place, and last of all the page that names them."""
    names = sorted(path.relative_to(code).as_posix() for path in code.rglob("*") if path.is_file() and path.name != "index.html")
    for name in names:
        target = site / name
        if not target.exists():
            durable.make_folder(target.parent)
            let_read(target.parent)
            replace(target, (code / name).read_bytes())
    books = site / "data" / current.data / CODE
    earlier = json.loads(books.read_text()) if books.exists() else []
    replace(books, json.dumps(sorted({*earlier, *names})).encode())
    page = (code / "index.html").read_text(encoding="utf-8")
    replace(site / "index.html", page.replace('data-generation=""', f'data-generation="{current.data}"', 1).encode())


def replace(target: Path, content: bytes) -> None:
    """Write a file so that a reader has the old one or the new one, whole; after a power cut too."""
    aside = target.with_name(f".{target.name}.new")
    aside.write_bytes(content)
    let_read(aside)
    durable.publish(aside, target)


def sweep(site: Path) -> None:
    """Remove what a killed run left behind."""
    for path in site.rglob(".*.new"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def prune(site: Path, current: Current, minimum_viewers: int) -> None:
    """Keep the data of the newest generations, but none of smaller groups than are shown now, and the code published with any of them."""
    found = [path for path in (site / "data").iterdir() if DATA.fullmatch(path.name) and path.name != current.data]
    shown = [path for path in found if least_viewers(path) >= minimum_viewers]
    newest = sorted(shown, key=lambda path: path.stat().st_mtime)
    for path in {*found} - {*newest[-(KEEP - 1) :]}:
        shutil.rmtree(path)
    named = {name for path in (site / "data").glob(f"*/{CODE}") for name in json.loads(path.read_text())}
    for path in (site / "assets").iterdir():
        if f"assets/{path.name}" not in named:
            path.unlink()


def least_viewers(data: Path) -> int:
    """How many distinct viewers a group in a folder of data has at least; 0 where nobody wrote it down."""
    try:
        return Setting(**json.loads((data / SETTING).read_text())).minimum_viewers
    except (OSError, ValueError, TypeError):
        return 0
