"""A monitor as a process of its own, to be measured from outside.

Enters: a directory. Leaves: answers of the monitor, its CPU seconds, memory and start time.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

DEADLINE_S = 120.0
"""Until it answers at all."""
READS_S = 300.0
"""Until all is read."""


class Served:
    """`loss-monitor serve DIRECTORY` while it runs."""

    def __init__(self, place: Path, *options: str, script: str = "") -> None:
        """Serve a directory or a job log; `started_s` is the monotonic time just before.

        `script` beside this one is run instead of the package.
        """
        program = [str(Path(__file__).with_name(script))] if script else ["-m", "loss_monitor"]
        self._own = tempfile.TemporaryDirectory()
        port_file = Path(self._own.name) / "port"
        environ = {k: v for k, v in os.environ.items() if not k.startswith("LOSS_MONITOR_")}
        environ["XDG_STATE_HOME"] = self._own.name
        self._messages = Path(self._own.name) / "messages"
        with self._messages.open("w") as stderr:
            self.started_s = time.monotonic()
            self._process = subprocess.Popen(
                [
                    *(sys.executable, *program, "serve", str(place)),
                    *("--port", "0", "--port-file", str(port_file)),
                    *options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env=environ,
            )
        self.pid = self._process.pid
        while not port_file.exists():
            if self._process.poll() is not None or self.age_s > DEADLINE_S:
                self._process.kill()
                raise SystemExit(f"the monitor did not start:\n{self._messages.read_text()}")
            time.sleep(0.005)
        self.port = int(port_file.read_text())

    def __enter__(self) -> Served:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it; one that told of a fault of its own has not done the work."""
        self._process.terminate()
        self._process.wait(20)
        messages = self._messages.read_text()
        self._own.cleanup()
        if "Traceback" in messages and error is None:
            raise SystemExit(f"the monitor has a fault:\n{messages}")

    @property
    def age_s(self) -> float:
        """Seconds since the process was started."""
        return time.monotonic() - self.started_s

    def get(self, path: str) -> Any:
        """Return the JSON answer to a request; asks again while the monitor still starts."""
        url = f"http://127.0.0.1:{self.port}{path}"
        asked_s = time.monotonic()
        while (answer := _answer(url)) is None:
            if time.monotonic() - asked_s > DEADLINE_S:
                raise SystemExit("the monitor does not come to answer")
            time.sleep(0.005)
        return answer

    def wait_for(self, path: str, is_so: Callable[[Any], bool], pause_s: float = 0.02) -> Any:
        """Return the JSON answer to a request that is made until something is so."""
        begun_s = time.monotonic()
        while not is_so(answer := self.get(path)):
            if time.monotonic() - begun_s > DEADLINE_S:
                messages = self._messages.read_text()
                raise SystemExit(f"{path} does not tell what it should:\n{answer}\n{messages}")
            time.sleep(pause_s)
        return answer

    def wait_until_read(self) -> dict[str, Any]:
        """Return the status once all is read; asks the more rarely the longer it takes."""
        while (status := self.get("/api/status"))["loading"] is not None:
            if self.age_s > READS_S:
                raise SystemExit(f"not all is read after {READS_S:.0f} s")
            time.sleep(0.02 + self.age_s / 20)
        return dict(status)

    def cpu_s(self) -> float:
        """Return user and system seconds so far, all threads."""
        return cpu_s(self.pid)

    def memory_mb(self) -> float:
        """Return the resident memory in megabytes."""
        return _status_mb(self.pid, "VmRSS:")

    def peak_mb(self) -> float:
        """Return the largest resident memory so far in megabytes."""
        return peak_mb(self.pid)


def cpu_s(pid: int) -> float:
    """Return user and system seconds of a process so far, all threads."""
    # The kernel's number for the CPU clock of another process (clock_getcpuclockid):
    # nanoseconds, where /proc/PID/stat counts hundredths of a second.
    return time.clock_gettime((~pid << 3) | 2)


def peak_mb(pid: int) -> float:
    """Return the largest resident memory of a process so far in megabytes."""
    return _status_mb(pid, "VmHWM:")


def _status_mb(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _answer(url: str) -> Any:
    """Return the JSON of an answer, None where the monitor still starts."""
    try:
        with urllib.request.urlopen(url, timeout=DEADLINE_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 503:
            return None
        raise


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of the values do not exceed, one of them."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]
