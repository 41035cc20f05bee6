"""What a thousand connected pages cost, whether each gets each update, and what is left behind.

Enters: numbers of pages and of updates. Leaves: updates that did not reach a page and the share
of a core at two changes a second; how old updates come with pages that have stopped reading, in
those without; and memory that thousands of updates leave. Pages are real connections of another
process; the latter two figures are of a monitor that looks 200 times a second (`hurried.py`).

    python benchmarks/stream.py --pages 1000
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from command import command
from data_loss_files import write_files
from place import Place
from results import Detail, Figure, Result
from served import Served
from training import Training, repeated
from turns import tell

HERE = Path(__file__).parent
FILES = 1_000
LOSSES = 100
CHANGE_EVERY_S = 0.5
HURRIED_EVERY_S = 0.01
PHASE_BLOCKS = 3


@dataclass(frozen=True)
class Sizes:
    """How many, how long."""

    pages: int = 1_000
    seconds: float = 30.0
    few_pages: int = 50
    """Of the hurried monitor, and a tenth as many that have stopped reading."""
    updates: int = 3_000
    block: int = 250
    """Updates between two looks at their age and at the memory."""


QUICK = Sizes(pages=50, seconds=3.0, few_pages=10, updates=400, block=50)


def measure(sizes: Sizes, place: Place) -> Iterator[Result]:
    """Measure many pages at the usual pace, then few with very many updates."""
    with tempfile.TemporaryDirectory(dir=place.folder, prefix="stream_") as own:
        yield from many_pages(sizes, Path(own) / "many")
        yield from many_updates(sizes, Path(own) / "few")


def many_pages(sizes: Sizes, directory: Path) -> Iterator[Result]:
    """Connect all pages; two timesteps are written a second."""
    write_files(directory, FILES, LOSSES)
    options = ["--readers", str(sizes.pages), "--seconds", str(sizes.seconds)]
    training = Training(directory, FILES, LOSSES)
    with Served(directory) as served, repeated(training.add, CHANGE_EVERY_S):
        served.wait_until_read()
        # Files as old as these are looked at rarely at first.
        served.wait_for("/api/status", lambda status: status["total_timesteps"] > FILES)
        alone_mb = served.memory_mb()
        with pages(served, *options) as told:
            next(told)
            begun_s, cpu_s = time.monotonic(), served.cpu_s()
            found = [*told]
            share = (served.cpu_s() - cpu_s) / (time.monotonic() - begun_s)
        with_pages_mb = served.memory_mb()
    updates = sum(one["updates"] for one in found)
    note = f"{updates:,.0f} updates to {sizes.pages:,} pages"
    yield Figure("stream.received", sum(one["lacking"] for one in found), note)
    yield Figure("stream.cpu", share * 100, f"reading and working out included; {note}")
    work = f"{sizes.pages:,} connected pages, two updates a second"
    high_s = max(one["high_s"] for one in found)
    yield Detail(work, "made to received, 95 %", high_s * 1e3, "ms")
    yield Detail(work, "memory a page", (with_pages_mb - alone_mb) * 1024 / sizes.pages, "KB")


def many_updates(sizes: Sizes, directory: Path) -> Iterator[Result]:
    """Let updates follow each other as fast as they can; some pages stop reading."""
    write_files(directory, FILES, LOSSES)
    options = ["--readers", str(sizes.few_pages), "--updates", str(sizes.updates)]
    n_stalled = max(1, sizes.few_pages // 10)
    blocks: list[dict[str, float]] = []
    training = Training(directory, FILES, LOSSES)
    training.add()
    with (
        Served(directory, script="hurried.py") as served,
        # All changes, nothing is more.
        repeated(training.rewrite, HURRIED_EVERY_S),
        pages(served, *options, "--tell-every", str(sizes.block)) as told,
        ExitStack() as stalled,
    ):
        next(told)
        for block in told:
            blocks.append({**block, "memory_mb": served.memory_mb()})
            tell(f"{blocks[-1]}")
            # In turn without and with stalled pages, since a shared machine's load drifts.
            if len(blocks) % PHASE_BLOCKS == 0:
                stalled.close()
                if len(blocks) // PHASE_BLOCKS % 2:
                    next(stalled.enter_context(stalled_pages(served, n_stalled)))
    highs = [
        statistics.median(
            block["high_s"]
            for at, block in enumerate(blocks)
            # The first of a phase has something of the one before.
            if at // PHASE_BLOCKS % 2 == which and at % PHASE_BLOCKS
        )
        for which in (0, 1)
    ]
    note = f"{n_stalled} of {sizes.few_pages + n_stalled} pages had stopped reading, in turn"
    yield Figure("stream.stalled", highs[1] / highs[0], note)
    # What a process needs once (readers, events that are kept, and the room that the allocator
    # keeps for connections that come and go) is there after half of the updates.
    later = blocks[max(2 * PHASE_BLOCKS - 1, len(blocks) // 2) :]
    counted = sum(block["updates"] for block in later[1:])
    grown = later[-1]["memory_mb"] - later[0]["memory_mb"]
    work = f"{sizes.updates:,} updates to {sizes.few_pages} pages"
    lacking = sum(block["lacking"] for block in blocks)
    yield Detail(work, "updates that did not reach a page", lacking, "")
    yield Detail(work, "memory that 10,000 more would add", grown * 10_000 / counted, "MB")
    yield Detail(work, "memory after", later[-1]["memory_mb"], "MB")


def stalled_pages(
    served: Served, number: int
) -> AbstractContextManager[Iterator[dict[str, float]]]:
    """Give pages that have stopped reading; they connect with the first line."""
    return pages(served, "--stalled", "--readers", str(number))


@contextmanager
def pages(served: Served, *options: str) -> Iterator[Iterator[dict[str, float]]]:
    """Give the lines that a process of connected pages tells; it starts with the first one."""
    started: list[subprocess.Popen[str]] = []

    def lines() -> Iterator[dict[str, float]]:
        script = [sys.executable, str(HERE / "stream_readers.py"), str(served.port), *options]
        started.append(subprocess.Popen(script, stdout=subprocess.PIPE, text=True))
        output = started[0].stdout
        if output is not None:
            yield from map(json.loads, output)

    try:
        yield lines()
    finally:
        for process in started:
            process.terminate()
            process.communicate()


if __name__ == "__main__":
    command(measure, Sizes(), QUICK, __doc__)
