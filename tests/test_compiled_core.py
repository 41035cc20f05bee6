"""The build of the compiled core: asked for where it can be, left out where it cannot."""

from __future__ import annotations

import importlib
import shutil
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def core(tmp_path, monkeypatch):
    """The build's module, at home in a folder of its own with the checkout's sources."""
    monkeypatch.syspath_prepend(ROOT / "build_backend")
    module = importlib.import_module("compiled_core")
    root = tmp_path / "checkout"
    for pattern in ("*.py", "*.pyx", "cpp/*.hpp"):
        for path in sorted((ROOT / module.SOURCES).glob(pattern)):
            copy = root / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    monkeypatch.setattr(module, "ROOT", root)
    monkeypatch.setattr(module, "has_compiler", lambda: True)
    return module


def unpack_sdist(core):
    """Make the folder look like an unpacked sdist."""
    (core.ROOT / "PKG-INFO").write_text("Name: icon-loss-monitor\n")
    for name in core.module_names():
        (core.ROOT / core.SOURCES / f"{name}.cpp").write_text("// generated\n")


def test_cython_is_asked_for_only_where_a_compiler_is(core, monkeypatch):
    """An sdist always needs it: others will compile."""
    assert core.requirement_to_build() == core.requirement_for_sdist() == ["Cython>=3.1"]
    monkeypatch.setattr(core, "has_compiler", lambda: False)
    assert core.requirement_to_build() == []
    assert core.requirement_for_sdist() == ["Cython>=3.1"]


def test_an_unpacked_sdist_needs_no_cython(core):
    """It carries the generated C++, and that is compiled."""
    unpack_sdist(core)
    assert core.requirement_to_build() == core.requirement_for_sdist() == []
    assert {Path(one.sources[0]).suffix for one in core.extensions()} == {".cpp"}


def test_generated_sources_in_a_checkout_are_not_trusted(core):
    """They may be older than what they were made from."""
    unpack_sdist(core)
    (core.ROOT / "PKG-INFO").unlink()
    assert core.requirement_to_build() == ["Cython>=3.1"]
    assert all(Path(one.sources[0]).suffix != ".cpp" for one in core.extensions())


def test_no_module_must_be_built_and_none_is_bound_to_one_processor(core):
    """A failed compiler is no failed installation; a wheel runs on every processor."""
    unpack_sdist(core)
    for one in core.extensions():
        assert one.optional
        assert not [word for word in one.extra_compile_args if word.startswith("-m")]


@pytest.mark.parametrize(("script", "suits"), [("exit 1", False), (None, False), ("exit 0", True)])
def test_a_compiler_is_one_only_if_it_compiles(core, tmp_path, monkeypatch, script, suits):
    """A stub, or one too old for C++17 or without Python's headers, is none."""
    monkeypatch.undo()
    monkeypatch.syspath_prepend(ROOT / "build_backend")
    monkeypatch.setenv("CXX", str(tmp_path / "c++"))
    if script is not None:
        (tmp_path / "c++").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "c++").chmod(0o755)
    assert core.has_compiler() == suits
    assert bool(core.link_arguments()) == suits


def test_a_build_forgets_what_an_editable_one_left(core):
    """Modules of older sources must not stand in for a build that fails; other Pythons' stay."""
    folder = core.ROOT / core.SOURCES
    own = folder / ("_lines" + sysconfig.get_config_var("EXT_SUFFIX"))
    other = folder / "_lines.cpython-39-x86_64-linux-gnu.so"
    for path in (own, other):
        path.write_bytes(b"")
    core.forget_editable_build()
    assert (own.exists(), other.exists()) == (False, True)


def test_the_mark_of_the_sources_is_the_packages_own(core):
    """Otherwise every core would seem to be of other sources."""
    from loss_monitor._native.sources import source_mark

    assert core.source_mark() == source_mark()
