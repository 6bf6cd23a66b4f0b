"""What a landed file's name or a record can do to the terminal of who runs the pipeline: nothing."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pytest
from rich.console import Console

import orchestration.console
from ingestion.landing import LeftAlone
from ingestion.report import Failure, LandingReport, Progress
from ingestion.showing import shown, told, visible
from orchestration.check.findings import Findings, Note
from orchestration.check.show import show
from orchestration.console import live_listener, show_outcome
from orchestration.lib.fingerprint import Fingerprint
from orchestration.lib.state import BuildRequest
from orchestration.refresh import Plan, RefreshReport
from tests.security.hostile import TEXTS

NAMES = [text.replace("/", "_") for text in TEXTS]


def terminal(width: int = 4_000) -> tuple[Console, io.StringIO]:
    """A colour terminal, and what it is sent."""
    sent = io.StringIO()
    return Console(file=sent, force_terminal=True, color_system="truecolor", highlight=False, soft_wrap=True, width=width), sent


def commands(sent: str) -> set[str]:
    """Characters that a terminal obeys in what it was sent, but for line feeds."""
    return {letter for letter in sent if unicodedata.category(letter) in ("Cc", "Cf", "Cs") and letter != "\n"}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_whole_on_one_line_and_commands_nothing(name):
    console, sent = terminal()
    console.print(f"[red]Not loaded:[/] {shown(name)}")
    text = sent.getvalue()
    assert text.count("\n") == 1
    assert text.startswith("\x1b[31mNot loaded:\x1b[0m ")
    assert commands(text.removeprefix("\x1b[31mNot loaded:\x1b[0m ")) == set()
    assert visible(name) in text


def test_the_summary_of_a_run_shows_hostile_names(monkeypatch):
    console, sent = terminal()
    monkeypatch.setattr(orchestration.console, "console", console)
    landed = LandingReport()
    landed.failed = [Failure(name, f"because of {name}") for name in NAMES]
    landed.unknown = [LeftAlone(name, "no source has this name") for name in NAMES]
    plan = Plan(None, BuildRequest(), Fingerprint("", ""), must_publish=False)
    show_outcome(RefreshReport(landed, plan, None, None, None, site_problem="[/nothing] \x1b]0;title\x07"))
    text = sent.getvalue()
    assert text.count("Not loaded:") == text.count("Left alone:") == len(NAMES)
    assert "\x1b]" not in text
    assert "\x07" not in text
    assert "\u202e" not in text


def test_a_check_shows_hostile_names():
    console, sent = terminal()
    notes = [Note(name, f"said {name}") for name in NAMES]
    show(console, Findings(landing="[/x]\x1b[2J", left_alone=notes, failed=notes, notes=notes))
    assert sent.getvalue().count("Look at:") == len(NAMES)
    assert "\x1b[2J" not in sent.getvalue()
    assert "\x1b]" not in sent.getvalue()


def test_the_progress_of_a_run_shows_hostile_names(monkeypatch):
    console, sent = terminal(width=200)
    monkeypatch.setattr(orchestration.console, "console", console)
    with live_listener() as listener:
        for number, name in enumerate(NAMES):
            listener.landing(Progress(f"native/{name}", number, len(NAMES), 0, 0, number))
        listener.waiting("[/nothing] waits")
    assert "[/nothing] waits" in sent.getvalue()
    assert "\x1b]0;title" not in sent.getvalue()


def test_a_fault_keeps_its_lines_and_its_brackets():
    console, sent = terminal()
    fault = RuntimeError("line 1 [red]\nread_parquet([/x]) \x1b[2J")
    console.print(f"[red]Not published:[/]\n{told(fault)}")
    assert sent.getvalue().endswith("\nline 1 [red]\nread_parquet([/x]) \\x1b[2J\n")


def test_a_person_whose_log_is_no_terminal_reads_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from ingestion.cli import _print_report

    report = LandingReport()
    report.failed = [Failure(name, name) for name in NAMES]
    report.unknown = [LeftAlone(name, name) for name in NAMES]
    _print_report(Console(), report)
    said = capsys.readouterr().out
    assert said.count("FAILED: ") == said.count("Not recognised: ") == len(NAMES)
    assert commands(said) == set()
