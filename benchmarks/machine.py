"""What the figures were measured on: machine, versions, commit.

Enters: nothing. Leaves: pairs of a name and a text.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import tempfile
from pathlib import Path

from served import Served

ROOT = Path(__file__).parent.parent
PACKAGES = ("icon-loss-monitor", "numpy", "orjson", "fastapi", "uvicorn")


def machine() -> list[tuple[str, str]]:
    """Return the facts that no benchmark changes."""
    return [
        ("machine", _processor()),
        ("system", f"{platform.system()} {platform.release()}, {_disk()}"),
        ("Python", f"{platform.python_version()}, {platform.python_implementation()}"),
        ("packages", ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)),
        ("core", _core()),
        ("commit", _commit()),
    ]


def load() -> str:
    """Return the load of the machine over the last minutes."""
    return " ".join(f"{one:.2f}" for one in os.getloadavg())


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    total_kb = int(Path("/proc/meminfo").read_text().split()[1])
    name = names[0] if names else platform.machine()
    return f"{os.cpu_count()} cores of {name}, {total_kb / 2**20:.0f} GB of memory"


def _disk() -> str:
    """Return the file system that holds temporary folders."""
    words = ["stat", "--file-system", "--format=%T", tempfile.gettempdir()]
    ran = subprocess.run(words, check=False, capture_output=True, text=True)
    return f"data on {ran.stdout.strip() or 'an unknown file system'}, in its cache"


def _core() -> str:
    """Return which reading core a monitor tells that it runs."""
    with tempfile.TemporaryDirectory() as empty, Served(Path(empty)) as served:
        return str(served.get("/api/status")["core"])


def _commit() -> str:
    words = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        ran = subprocess.run(words, check=False, capture_output=True, text=True)
    except OSError:
        return "unknown"
    return ran.stdout.strip() or "unknown"


if __name__ == "__main__":
    print(json.dumps(dict(machine()), indent=2))
