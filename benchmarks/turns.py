"""Ways of doing the same work, run in turn and compared: A B C, A B C, ...

Enters: ways, each a function that does the work once and tells what that took. Leaves: a
`Cost` a way with the medians. In turn, because a shared machine changes its pace within
minutes; CPU seconds beside wall time, because they change less.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import IO

from results import Cost, Figure


@dataclass(frozen=True)
class Spent:
    """What one run took."""

    cpu_s: float
    """User and system, of the process and of its children."""
    wall_s: float
    memory_mb: float | None = None


class MissingError(Exception):
    """A way cannot be run here; the text says why."""


@dataclass(frozen=True)
class Way:
    """One way of doing the work."""

    name: str
    run: Callable[[], Spent]
    """Does the work once. Raises `MissingError`."""
    note: str = ""
    """What it keeps and checks."""
    runs_max: int = 1000
    """For a way that is too slow to be repeated."""


def side_by_side(work: str, ways: Sequence[Way], runs: int) -> Iterator[Cost]:
    """Yield the cost of each way, the first one being ours, after `runs` rounds."""
    spent: dict[str, list[Spent]] = {way.name: [] for way in ways}
    missing: dict[str, str] = {}
    for turn in range(runs):
        for way in ways:
            if way.name in missing or turn >= way.runs_max:
                continue
            try:
                took = way.run()
            except MissingError as error:
                missing[way.name] = str(error)
                tell(f"{work}: {way.name}: {error}")
            else:
                spent[way.name].append(took)
                tell(f"{work}: {way.name}: CPU {took.cpu_s:.3f} s, wall {took.wall_s:.3f} s")
    for way in ways:
        if way.name in missing or not spent[way.name]:
            why = missing.get(way.name, "not run")
            yield Cost(work, way.name, note=f"not measured: {why}")
        else:
            yield _cost(work, way, spent[way.name])


def times_less(costs: Sequence[Cost], way: str) -> float | None:
    """Return the CPU of `way` in that of the first one, None where one was not measured.

    Small work cannot be told from the noise of an empty monitor: then there is none either.
    """
    ours = costs[0].cpu_s
    theirs = next((cost.cpu_s for cost in costs if cost.way == way), None)
    return theirs / ours if ours and ours > 0 and theirs is not None else None


def compared(
    key: str, costs: Sequence[Cost], way: str, note: str, *, in_theirs: bool = False
) -> Figure:
    """Return the CPU of `way` in ours, or ours `in_theirs`; or why there is no such ratio."""
    ratio = times_less(costs, way)
    if ratio is not None:
        return Figure(key, 1 / ratio if in_theirs else ratio, note)
    unmeasured = [cost for cost in costs if cost.cpu_s is None and cost.way in (way, costs[0].way)]
    if unmeasured:
        return Figure(key, None, f"{unmeasured[0].way}: {unmeasured[0].note}")
    return Figure(key, None, "too little work to be told from an empty monitor")


def spent_by(
    words: Sequence[str | Path], directory: Path | None = None, output: int | IO[bytes] = DEVNULL
) -> Spent:
    """Run a command to its end; return what it took.

    `output` may be a file: grep stops at its first match where that is /dev/null. Raises
    `MissingError` where the command does not run or fails.
    """
    begun_s = time.monotonic()
    environ = {**os.environ, "LC_ALL": "C"}
    try:
        process = subprocess.Popen(
            words, cwd=directory, stdin=DEVNULL, stdout=output, stderr=DEVNULL, env=environ
        )
    except OSError as error:
        raise MissingError(f"{words[0]} does not run: {error.strerror}") from error
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - begun_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise MissingError(f"{words[0]} ended with {process.returncode}")
    return Spent(used.ru_utime + used.ru_stime, wall_s)


def script(python: str | Path, name: str, *arguments: str | Path) -> Spent:
    """Run a script beside this one that prints what it took, as `peer_clock.py` does.

    Raises `MissingError` with its last word where it fails.
    """
    words = [python, Path(__file__).with_name(name), *arguments]
    ran = subprocess.run(words, check=False, capture_output=True, text=True)
    if ran.returncode != 0:
        last = (ran.stderr.strip() or f"it ended with {ran.returncode}").splitlines()[-1]
        raise MissingError(f"{name} fails: {last}")
    return Spent(**json.loads(ran.stdout.splitlines()[-1]))


def tell(text: str) -> None:
    """Say on standard error how far it is."""
    print(f"[{time.strftime('%H:%M:%S')}]   {text}", file=sys.stderr, flush=True)


def _cost(work: str, way: Way, runs: Sequence[Spent]) -> Cost:
    memory = [one.memory_mb for one in runs if one.memory_mb is not None]
    return Cost(
        work,
        way.name,
        cpu_s=statistics.median(one.cpu_s for one in runs),
        wall_s=statistics.median(one.wall_s for one in runs),
        memory_mb=statistics.median(memory) if memory else None,
        runs=len(runs),
        note=way.note,
    )
