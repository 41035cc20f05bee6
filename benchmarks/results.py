"""What a benchmark leaves: figures that have a budget, costs side by side, further figures.

A `Figure` answers one row of `budgets.py`. `Cost`s of one work are compared with each other.
A `Detail` is a number that is worth keeping but has no budget. Each is one line of JSON, so
that what was measured before a failure is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True)
class Figure:
    """A measured figure that has a budget."""

    key: str
    """Of its row in `budgets.py`."""
    value: float | None
    """In the unit of that row; None where it could not be measured."""
    note: str = ""
    """How it was measured, or why it was not."""


@dataclass(frozen=True)
class Cost:
    """One way of doing some work; the first one of a work is ours."""

    work: str
    way: str
    cpu_s: float | None = None
    """User and system seconds of the process and its children, median of the runs."""
    wall_s: float | None = None
    memory_mb: float | None = None
    """Largest resident memory."""
    runs: int = 0
    note: str = ""
    """What this way keeps and checks, or why it was not measured."""


@dataclass(frozen=True)
class Detail:
    """A number without a budget."""

    work: str
    what: str
    value: float
    unit: str
    high: float | None = None
    """The 95th percentile, where `value` is a median."""


Result = Figure | Cost | Detail
_KINDS = {kind.__name__: kind for kind in (Figure, Cost, Detail)}


def write_result(result: Result, file: TextIO) -> None:
    """Append a result to an open file."""
    file.write(json.dumps({"kind": type(result).__name__, **asdict(result)}) + "\n")
    file.flush()


def read_results(path: Path) -> list[Result]:
    """Return the results in a file, none where there is no file."""
    lines: Iterable[str] = path.read_text().splitlines() if path.exists() else ()
    found: list[Result] = []
    for line in lines:
        fields = json.loads(line)
        found.append(_KINDS[fields.pop("kind")](**fields))
    return found


def number(value: float) -> str:
    """Return a number with three digits that count, and no more zeros than needed."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def with_unit(value: float, unit: str) -> str:
    """Return a number with its unit, if it has one."""
    return f"{number(value)} {unit}".rstrip()


def in_words(result: Result) -> str:
    """Return a result as a line for the screen."""
    if isinstance(result, Figure):
        shown = "not measured" if result.value is None else number(result.value)
        return f"{result.key}: {shown}" + (f" ({result.note})" if result.note else "")
    if isinstance(result, Detail):
        values = [with_unit(result.value, result.unit)]
        if result.high is not None:
            values.append(f"95 % {with_unit(result.high, result.unit)}")
        return f"{result.work}: {result.what}: {', '.join(values)}"
    figures = [
        f"{name} {number(value)} {unit}"
        for name, value, unit in (
            ("CPU", result.cpu_s, "s"),
            ("wall", result.wall_s, "s"),
            ("memory", result.memory_mb, "MB"),
        )
        if value is not None
    ]
    note = [result.note] if result.note else []
    return f"{result.work}: {result.way}: {', '.join(figures + note)}"
