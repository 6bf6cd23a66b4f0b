"""Superset's database is set up once for each release of it; what Superset itself does there is tested in `tests/superset`."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.superset import instance as module
from serving.superset.instance import Instance

STEPS = ["db", "fab", "fab", "init"]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """A Superset that only notes what it is asked for."""
    program = tmp_path / "venv" / "bin" / "superset"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/asked\n')
    program.chmod(0o755)
    monkeypatch.setenv("AUDIENCE_SUPERSET_VENV", str(tmp_path / "venv"))
    lock = tmp_path / "superset.lock"
    lock.write_text("apache-superset==6.1.0\n")
    monkeypatch.setattr(module, "LOCK", lock)
    return Instance(tmp_path / "superset")


def asked(instance: Instance) -> list[str]:
    return (instance.folder.parent / "asked").read_text().split()


def test_a_superset_is_set_up_once(instance: Instance) -> None:
    instance.set_up()
    instance.set_up()
    assert asked(instance) == STEPS


def test_another_release_in_the_same_place_is_set_up_again(instance: Instance) -> None:
    instance.set_up()
    password = instance.password_file.read_text()
    module.LOCK.write_text("apache-superset==6.1.1\n")
    instance.set_up()
    assert asked(instance) == STEPS * 2
    assert instance.password_file.read_text() == password
