"""What a quiet monitor costs: system calls a second, files opened, CPU.

Enters: a number of settled files. Leaves: system calls, opened files, CPU. One process is
measured without tracing for its CPU time, another under `strace -f` for its calls.
Budget: at most 40 system calls a second, no settled file opened, below 0.1 % of a core.

    python benchmarks/quiet.py --files 10000 --seconds 60
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from command import command
from loss_files import loss_files
from place import Place
from results import Detail, Figure, Result
from served import Served


@dataclass(frozen=True)
class Sizes:
    """How much, how long."""

    files: int = 10_000
    losses: int = 20
    pages: int = 0
    """Connected to each monitor."""
    settle_s: float = 70.0
    """Quiet before the measurement: a minute after its first loss a run is kept in a file."""
    seconds: float = 60.0


QUICK = Sizes(files=300, settle_s=0.5, seconds=2.0)


@dataclass(frozen=True)
class Calls:
    """The system calls of a while."""

    counted: Counter[str]
    opened: list[str]
    """Calls that opened a file of the run."""


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Watch two monitors at once: one traced, whose time does not count, one not."""
    directory = loss_files(place, sizes.files, sizes.losses)
    work = f"quiet run of {sizes.files:,} settled files"
    with contextlib.ExitStack() as stack:
        served, traced = (stack.enter_context(Served(directory)) for _ in range(2))
        for one in (served, traced):
            one.wait_until_read()
            for _ in range(sizes.pages):
                stack.callback(open_page(one).kill)
        time.sleep(sizes.settle_s)
        log = place.folder / "quiet.strace"
        before_s, before = served.cpu_s(), served.get("/api/status")["io"]
        begun_s = time.monotonic()
        calls = trace(traced, sizes.seconds, log, directory)
        time.sleep(max(0.0, begun_s + sizes.seconds - time.monotonic()))
        seconds = time.monotonic() - begun_s
        used_s, after = served.cpu_s() - before_s, served.get("/api/status")["io"]
    yield from calls_figures(calls, sizes.seconds)
    note = f"{used_s * 1e3:.0f} ms of CPU in {seconds:.0f} s"
    yield Figure("quiet.cpu", 100 * used_s / seconds, note)
    for name in before:
        what = f"{name} in {seconds:.0f} s, as the monitor counts"
        yield Detail(work, what, after[name] - before[name], "")


def open_page(served: Served) -> subprocess.Popen[bytes]:
    """Return a process that stays connected as a page does."""
    url = f"http://127.0.0.1:{served.port}/api/stream"
    words = ["curl", "-sN", "--retry", "1000", "--retry-all-errors", "--retry-delay", "2", url]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL)


def calls_figures(calls: Calls | None, seconds: float) -> Iterator[Result]:
    """Yield what the trace tells."""
    if calls is None:
        for key in ("quiet.calls", "quiet.opened"):
            yield Figure(key, None, "strace is missing or may not trace")
        return
    most = ", ".join(
        f"{name} {count / seconds:.1f}" for name, count in calls.counted.most_common(6)
    )
    yield Figure("quiet.calls", calls.counted.total() / seconds, f"a second: {most}")
    yield Figure("quiet.opened", len(calls.opened), "counted by strace -f")


def trace(served: Served, seconds: float, output: Path, directory: Path) -> Calls | None:
    """Return which system calls all threads make, and which files of the run are opened.

    None where strace is missing or may not trace.
    """
    if shutil.which("strace") is None:
        return None
    tracer = subprocess.Popen(["strace", "-f", "-qq", "-p", str(served.pid), "-o", str(output)])
    time.sleep(1.0)
    if tracer.poll() is not None:
        return None
    begun = output.stat().st_size
    time.sleep(seconds)
    ended = output.stat().st_size
    tracer.terminate()
    tracer.wait(10)
    with output.open("rb") as file:
        file.seek(begun)
        lines = file.read(ended - begun).decode("utf-8", "replace").splitlines()
    counted = Counter(
        match[1]
        for line in lines
        if (match := re.match(r"\d+\s+(\w+)\(", line)) and "resumed>" not in line
    )
    opened = [
        line for line in lines if re.search(r"\bopen(at)?\(", line) and f"{directory}/" in line
    ]
    return Calls(counted, opened)


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
