"""Words of alerts: numbers, times and places as people read them."""

from __future__ import annotations

from zlib import crc32

from loss_monitor.series.run import Run
from loss_monitor.types import Evidence, Mark


def number(value: float) -> str:
    """Return a loss to three digits.

    >>> number(0.041234), number(1234567.0)
    ('0.0412', '1.23e+06')
    """
    return f"{value:.3g}"


def duration(seconds: float) -> str:
    """Return a time span in its largest unit, or two of them.

    >>> duration(4), duration(90), duration(3720)
    ('4 s', '1.5 min', '1 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.3g} s"
    if seconds < 3600:
        return f"{seconds / 60:.3g} min"
    hours, rest = divmod(round(seconds / 60), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def evidence_at(
    run: Run,
    index: int,
    batch: int | None,
    values: tuple[float, ...],
    *,
    tag: str = "",
    step: int | None = None,
) -> Evidence:
    """Return evidence in the timestep of an index, with its file, perhaps a tag and its step.

    The line is told where a file holds one loss a line, which is so for batches.
    """
    timestep = run.timestep(index)
    line = batch + 1 if batch is not None and timestep.unit == "batch" else None
    return Evidence(values, timestep.label, batch, timestep.source, line, tag, step)


def place_of(mark: Mark) -> tuple[int, ...]:
    """Return what tells a mark from others of its kind, wherever in the run it stands by now.

    A mark moves when a later attempt does again what was before it; its line stays.
    """
    return (crc32(mark.file.encode("utf-8", "surrogateescape")), mark.line or 0)
