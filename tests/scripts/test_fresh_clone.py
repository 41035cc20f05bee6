"""From a fresh clone to a growing chart, with nothing prepared but Python."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from waiting import wait_for

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 90.0
"""What the README promises, for a machine that does nothing else meanwhile: here of the CPU."""
DEADLINE_S = 1200.0
NOT_IN_A_CLONE = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "vendor", "__pycache__", "*.egg-info", ".*_cache",
    ".hypothesis", "tests", "docs", "dashboard.log*", "build", "dist",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_fresh_clone_shows_a_growing_run_within_90_seconds(tmp_path):
    """One command installs, starts the demo and prints where it is; status comes before."""
    checkout = tmp_path / "clone"
    shutil.copytree(ROOT, checkout, ignore=NOT_IN_A_CLONE)
    # The base Python of this environment, which has nothing installed of ours.
    base = Path(sys.base_prefix) / "bin"
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LOSS_", "VIRTUAL_ENV", "PYTHON"))
    }
    own = str(Path(sys.executable).parent)
    others = [part for part in environ["PATH"].split(":") if part != own]
    environ |= {"XDG_STATE_HOME": str(tmp_path / "state"), "PATH": ":".join([str(base), *others])}

    def script(name, *words):
        return subprocess.run(
            [checkout / "scripts" / name, *words],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=environ,
            timeout=DEADLINE_S,
        )

    before = script("status_monitor.sh")
    assert before.returncode == 3
    assert "loss-monitor missing" in before.stdout
    assert "uPlot        missing" in before.stdout
    began_s = _cpu_s()
    started = script("start_monitor.sh", "--demo", "0")
    try:
        assert started.returncode == 0, started.stderr
        assert "Making an environment" in started.stderr
        assert "Installing the monitor" in started.stderr
        (record,) = (tmp_path / "state").glob("loss-monitor/hosts/*/monitor.json")
        url = f"http://127.0.0.1:{json.loads(record.read_text())['port']}/api/status"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def has_batches():
            # Healthy comes before the first look: until then the answer is "still starting".
            with suppress(urllib.error.HTTPError), opener.open(url, timeout=DEADLINE_S) as answer:
                return json.load(answer)["total_batches"] > 0

        wait_for(has_batches, "a batch is shown")
        assert _cpu_s() - began_s < READY_WITHIN_S
        again = script("start_monitor.sh")
        assert again.returncode == 0
        assert "Installing" not in again.stderr, "nothing changed, nothing is installed again"
        assert "uPlot        " + str(checkout / "src") in script("status_monitor.sh").stdout
    finally:
        stopped = script("stop_monitor.sh")
    assert stopped.returncode == 0


def _cpu_s():
    """CPU time of what this process has started and seen the end of."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
