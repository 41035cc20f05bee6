"""The compiled core, where it was built: hot loops in C++ behind thin Cython modules.

Leaves: `CORE`, which says whether it runs, and `WHY_PYTHON`, which says why not. Nothing of it
is needed: each function has a twin in Python, with the same results, and `parse/cores.py` is
the table of both. The headers in `cpp/` know nothing of Python, so that the fuzzers build
them alone.

`LOSS_MONITOR_CORE=python` chooses the twins where both are there.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Literal

from loss_monitor._native.sources import source_mark

CoreName = Literal["native", "python"]

MODULES = ("_checksums", "_events", "_files", "_lines", "_sorting", "_text")

IS_WANTED = os.environ.get("LOSS_MONITOR_CORE") != "python"
"""Whether the compiled core runs if it is there."""


def _why_python() -> str:
    """Return why the compiled core does not run; empty if it does."""
    if not IS_WANTED:
        return "as LOSS_MONITOR_CORE says"
    for name in MODULES:
        if find_spec(f"{__name__}.{name}") is None:
            return "the compiled core was not built"
        try:
            import_module(f"{__name__}.{name}")
        except ImportError as error:
            return f"the compiled core does not load: {error}"
    # A wheel holds no sources, so none to compare with.
    built = getattr(import_module(f"{__name__}._lines"), "SOURCES", "before they were marked")
    if source_mark() not in ("", built):
        return "the compiled core was built from other sources"
    return ""


WHY_PYTHON = _why_python()
"""Why the Python twins run; empty where the compiled core does."""

CORE: CoreName = "python" if WHY_PYTHON else "native"
"""Which core runs in this process."""
