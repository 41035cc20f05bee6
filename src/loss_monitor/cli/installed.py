"""What this Python has of what the monitor needs; nothing of it is imported here.

Enters: the installed packages' metadata. Leaves: rows of a name, a version or what is
missing. Works before anything is installed: the names then come from `pyproject.toml`'s
twin below, which a test holds equal.
"""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from loss_monitor._native import CORE, IS_WANTED, WHY_PYTHON

NEEDED = (
    *("numpy", "orjson", "fastapi", "uvicorn"),
    *(("tomli",) if sys.version_info < (3, 11) else ()),
)
"""Distributions of `pyproject.toml`'s `dependencies`."""
PYTHON_LEAST = (3, 10)
DISTRIBUTION = "icon-loss-monitor"
PAGE_FILES = ("uPlot.iife.min.js", "uPlot.min.css", "LICENSE")
COMPILERS = ("c++", "g++", "clang++")
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that the monitor needs."""

    name: str
    found: str
    """Version and place; empty where it is missing."""
    remedy: str = ""
    """What to do where it is missing."""


def parts() -> list[Part]:
    """Return what is needed to run, in the order in which it is installed."""
    found = [_python(), _package()]
    found += [Part(name, _version(name), "installed by start_monitor.sh") for name in NEEDED]
    return [*found, _page_library(), _core()]


def _python() -> Part:
    version = f"{platform.python_version()} ({sys.executable})"
    suits = sys.version_info[:2] >= PYTHON_LEAST
    least = ".".join(map(str, PYTHON_LEAST))
    return Part(
        "Python", version if suits else "", f"{least} or newer; on clusters: module load python3"
    )


def _package() -> Part:
    version = _version(DISTRIBUTION)
    place = f" ({_PACKAGE})" if version else ""
    return Part("loss-monitor", version + place, "installed by start_monitor.sh")


def _version(name: str) -> str:
    try:
        # Metadata may outlive the package itself, so both are asked for.
        module = "loss_monitor" if name == DISTRIBUTION else name
        return metadata.version(name) if util.find_spec(module) is not None else ""
    except (metadata.PackageNotFoundError, ValueError):
        return ""


def _page_library() -> Part:
    vendor = _PACKAGE / "web" / "static" / "vendor"
    there = all((vendor / name).is_file() for name in PAGE_FILES)
    node = shutil.which("npm")
    way = f"with {node}" if node else "with a Node.js from the package index"
    return Part("uPlot", str(vendor) if there else "", f"fetched at installation, {way}")


def _core() -> Part:
    if CORE == "native":
        return Part("core", "native")
    may_be_built = IS_WANTED and _version(DISTRIBUTION) and compiler()
    remedy = f"; to build it: {rebuild_command()}" if may_be_built else ""
    return Part("core", f"python ({WHY_PYTHON}{remedy})")


def compiler() -> str | None:
    """Return the path of a C++ compiler; None where there is none."""
    return next((path for name in COMPILERS if (path := shutil.which(name))), None)


def rebuild_command() -> str:
    """Return the command that builds the core; pip keeps wheels that were built without it."""
    checkout = _PACKAGE.parents[1]
    what = f"--editable {checkout}" if (checkout / "setup.py").is_file() else DISTRIBUTION
    options = "--no-deps --force-reinstall --no-cache-dir"
    return f"{sys.executable} -m pip install {options} {what}"
