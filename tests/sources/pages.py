"""The generated pages of docs/sources: which emitter can say what, and how the tellings of one story differ. `make sources` writes them."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingestion.sources import registered
from tests.sources import one_story
from tests.sources.one_story import Cells, Difference, Place, Reason, Tellings, differences, emitters, reasons

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "dbt_project" / "seeds"
PAGES = ROOT / "docs" / "sources"
SUPPORT, DIFFERENCES = PAGES / "support.md", PAGES / "one_story.md"
ANYTHING = ("native", "mapped")
"""Sources that speak the vocabulary itself."""


def vocabulary() -> list[str]:
    """The words of the seed `event_types`, in its order."""
    return [row["event_type"] for row in _rows(SEEDS / "event_types.csv")]


def words_of(emitter: str) -> set[str]:
    """The words that the seeds of an emitter map something to."""
    return {row["event_type"] for path in SEEDS.glob(f"{emitter}_*.csv") for row in _rows(path) if row.get("event_type")}


def support() -> str:
    """The page of words by emitter."""
    names = [name for name in registered() if name not in ANYTHING]
    known = {name: words_of(name) for name in names}
    rows = [[f"`{word}`", *("yes" if word in known[name] else "" for name in names)] for word in vocabulary()]
    return f"""# Which emitter can say what

Written by `make sources` from the mappings in `dbt_project/seeds/<emitter>_*.csv`. [native](../events.md) records and
[recipes](mapping.md) can say every word; whatever an emitter says besides is kept as `other` with its own name. Some words
depend on how a team has set its players up: the pages of the emitters say which.

{_table(["event type", *(f"[{name}]({name}.md)" for name in names)], rows)}
"""


def comparison(tellings: Tellings) -> str:
    """The page of differences between the tellings of one story."""
    standard = tellings[one_story.STANDARD]
    found = {emitter: differences(standard, tellings[emitter]) for emitter in emitters()}
    agreeing = [
        [f"[{emitter}]({_page(emitter)})", *_agreement(standard, tellings[emitter], found[emitter])] for emitter in emitters()
    ]
    return f"""# The same small story, told by every emitter

Written by `make sources`. One day of two people and two videos ([the story](../../tests/fixtures/one_story/README.md)) is written in each
emitter's own format as an honest player would log it, built, and compared with native's telling. What differs is
listed below with its reason; a test holds that nothing else does.

{_table(["emitter", "views", "watched segments", "interactions", "values that differ"], agreeing)}
{"".join(_section(emitter, found[emitter], reasons(emitter)) for emitter in emitters())}"""


def _agreement(standard: Mapping[Place, Cells], here: Mapping[Place, Cells], found: Sequence[Difference]) -> list[str]:
    counts = []
    for table in ("view", "segment", "interaction"):
        places = [place for place in standard if place.table == table]
        counts.append(f"{sum(place in here for place in places)} of {len(places)}")
    return [*counts, str(sum(not each.what.endswith(("is missing", "is added")) for each in found))]


def _section(emitter: str, found: Sequence[Difference], known: Sequence[Reason]) -> str:
    if not found:
        return f"\n## {emitter}\nTells all of it.\n"
    rows = [
        [f"{each.viewer}, {each.video}", each.table, each.what, each.standard, each.here, _why(each, known)] for each in found
    ]
    return f"\n## {emitter}\n{_table(['view', 'table', 'what', 'native', 'here', 'why'], rows)}\n"


def _why(difference: Difference, known: Sequence[Reason]) -> str:
    return next((reason.why for reason in known if reason.explains(difference)), "not explained")


def _page(emitter: str) -> str:
    return "mapping.md" if "/" in emitter else f"{emitter}.md"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        SUPPORT.write_text(support())
        DIFFERENCES.write_text(comparison(one_story.tell(Path(folder) / "home", one_story.everything())))
