"""A monitor as a process of its own, to be measured from outside.

Enters: a directory. Leaves: answers of the monitor, its CPU seconds, memory and start time.
"""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

DEADLINE_S = 120.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Served:
    """`loss-monitor serve DIRECTORY` while it runs."""

    def __init__(self, directory: Path) -> None:
        """Start it; `started_s` is the monotonic time just before."""
        self._own = tempfile.TemporaryDirectory()
        port_file = Path(self._own.name) / "port"
        environ = {k: v for k, v in os.environ.items() if not k.startswith("LOSS_MONITOR_")}
        environ["XDG_STATE_HOME"] = self._own.name
        self.started_s = time.monotonic()
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "loss_monitor", "serve", str(directory)),
                *("--port", "0", "--port-file", str(port_file)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environ,
        )
        self.pid = self._process.pid
        while not port_file.exists():
            if self._process.poll() is not None or self.age_s > DEADLINE_S:
                raise SystemExit("the monitor did not start")
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
        """End it."""
        self._process.terminate()
        self._process.wait(20)
        self._own.cleanup()

    @property
    def age_s(self) -> float:
        """Seconds since the process was started."""
        return time.monotonic() - self.started_s

    def get(self, path: str) -> Any:
        """Return the JSON answer to a request; asks again while the monitor still starts."""
        url = f"http://127.0.0.1:{self.port}{path}"
        while (answer := _answer(url)) is None:
            if self.age_s > DEADLINE_S:
                raise SystemExit("the monitor does not come to answer")
            time.sleep(0.005)
        return answer

    def cpu_s(self) -> float:
        """Return user and system seconds so far, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def peak_mb(self) -> float:
        """Return the largest resident memory so far in megabytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return float("nan")


def _answer(url: str) -> Any:
    """Return the JSON of an answer, None where the monitor still starts."""
    try:
        with urllib.request.urlopen(url, timeout=DEADLINE_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 503:
            return None
        raise


def write_files(directory: Path, n_files: int, n_losses: int, *, age_s: float, seed: int) -> str:
    """Write `n_files` loss files, the newest `age_s` seconds old; return the last label."""
    directory.mkdir(parents=True, exist_ok=True)
    generator = random.Random(seed)
    # Parts are drawn once and joined anew for each file: ten million draws would take minutes.
    parts = ["".join(f"{_loss(generator)!r}\n" for _ in range(50)) for _ in range(400)]
    last = time.time() - age_s
    label = ""
    for number in range(n_files):
        moment = datetime(1979, 1, 1) + number * timedelta(minutes=15)  # noqa: DTZ001
        label = f"{moment:%Y-%m-%d %H:%M:%S}"
        path = directory / f"log_{label}.txt"
        text = "".join(generator.choices(parts, k=max(1, n_losses // 50)))
        path.write_text("".join(text.splitlines(keepends=True)[:n_losses]))
        written = last - (n_files - 1 - number) * 1.0
        os.utime(path, (written, written))
    return label


def _loss(generator: random.Random) -> float:
    """Return a loss as plugins print it: computed in float32, written as the double it is."""
    loss: float = struct.unpack("f", struct.pack("f", generator.lognormvariate(-3, 0.5)))[0]
    return loss
