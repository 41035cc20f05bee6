"""Which core runs, and what is said where it is not the compiled one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import loss_monitor._native as native
from loss_monitor._native import sources
from loss_monitor.cli import installed


def status(**environ):
    """Return the row that `status` prints of the core."""
    told = subprocess.run(
        [sys.executable, "-m", "loss_monitor", "status"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
    )
    (row,) = [line for line in told.stdout.splitlines() if line.split()[:1] == ["core"]]
    return row


def test_the_environment_chooses_the_twins(tmp_path):
    """`LOSS_MONITOR_CORE=python` is obeyed and told, and no remedy is offered for it."""
    row = status(LOSS_MONITOR_CORE="python", XDG_STATE_HOME=str(tmp_path))
    assert row.split(maxsplit=1)[1] == "python (as LOSS_MONITOR_CORE says)"


def test_a_core_that_was_built_is_built_from_these_sources():
    """After a change in `_native` it has to be built again, or the twins would be tested."""
    assert "other sources" not in native.WHY_PYTHON, installed.rebuild_command()


def test_every_compiled_module_is_asked_for():
    """A module that is missing in the list would be left out of the choice."""
    folder = Path(native.__file__).parent
    assert {path.stem for path in folder.glob("*.pyi")} == set(native.MODULES)


@pytest.mark.parametrize("name", ["_lines.pyx", "cpp/lines.hpp"])
def test_a_change_of_any_source_changes_the_mark(tmp_path, monkeypatch, name):
    """Of a module and of a header; in a wheel there is nothing to compare."""
    monkeypatch.setattr(sources, "FOLDER", tmp_path)
    assert sources.source_mark() == ""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("one")
    before = sources.source_mark()
    path.write_text("two")
    assert len(before) == len(sources.source_mark()) == 16
    assert before != sources.source_mark()


def test_a_core_of_other_sources_is_not_used(monkeypatch):
    """Results must be those of the code that is there."""
    if native.CORE != "native":
        pytest.skip("the compiled core was not built, or is not wanted")
    monkeypatch.setattr(native, "source_mark", lambda: "of a later time")
    assert native._why_python() == "the compiled core was built from other sources"


def test_a_core_that_does_not_load_is_told_with_the_loaders_words(monkeypatch):
    """Such as a C++ library that is too old for it."""
    if native.CORE != "native":
        pytest.skip("the compiled core was not built, or is not wanted")

    def fail(name):
        raise ImportError(f"{name} needs a newer libstdc++")

    monkeypatch.setattr(native, "import_module", fail)
    assert native._why_python().endswith(f"{native.MODULES[0]} needs a newer libstdc++")


@pytest.mark.parametrize(("compiler", "is_told"), [("/usr/bin/c++", True), (None, False)])
def test_the_way_to_build_it_is_told_where_a_compiler_is_found(monkeypatch, compiler, is_told):
    """With pip's cache off, which would give back the wheel that lacks it."""
    monkeypatch.setattr(installed, "CORE", "python")
    monkeypatch.setattr(installed, "IS_WANTED", True)
    monkeypatch.setattr(installed, "WHY_PYTHON", "the compiled core was not built")
    monkeypatch.setattr(installed, "compiler", lambda: compiler)
    (row,) = [part.found for part in installed.parts() if part.name == "core"]
    assert row.startswith("python (the compiled core was not built")
    assert ("--no-cache-dir" in row) == is_told
