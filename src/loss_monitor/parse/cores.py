"""The table of the hot functions: the compiled ones, and their twins in Python.

A parser calls `cores.chosen.read_numbers(...)` and so on. The twins are the reference: a test
runs against both, and finds no difference. A function that is compiled as well gets a field
here, a value in either row, and a stub that says the same as its twin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from loss_monitor._native import CORE, CoreName
from loss_monitor.parse import (
    decimal_text,
    event_frames,
    event_records,
    marked_lines,
    plain_files,
)
from loss_monitor.parse.marked_lines import LogScanner
from loss_monitor.source.found import FileStat
from loss_monitor.types import Floats
from loss_monitor.wire.crc32c import Buffer


@dataclass(frozen=True, slots=True)
class Core:
    """One way of doing what is done millions of times."""

    name: CoreName
    count_newlines: Callable[[bytes], int]
    """How many newlines a text holds."""
    read_numbers: Callable[[bytes, int, Floats], tuple[int, int, int]]
    """Lines of one number each into an array: `decimal_text.read_numbers`."""
    read_plain_files: Callable[
        [list[str], list[FileStat], Floats, bool], tuple[list[int], list[int], int, int]
    ]
    """Small files of one number a line into an array: `plain_files.read_plain_files`."""
    job_log_scanner: Callable[[Sequence[bytes]], LogScanner]
    """Search for the lines of a job log that hold a literal: `marked_lines.JobLogScanner`."""
    scan_records: Callable[[Buffer, dict[bytes, bytes], Callable[[bytes], int]], tuple[Any, ...]]
    """Good records of an event file as columns, in the order of the fields of
    `event_records.Records`."""
    resume_after_fault: Callable[[Buffer, int], int | None]
    """Where good records go on: `event_frames.resume_after_fault`."""


def _count_newlines(text: bytes) -> int:
    return text.count(b"\n")


PYTHON = Core(
    name="python",
    count_newlines=_count_newlines,
    read_numbers=decimal_text.read_numbers,
    read_plain_files=plain_files.read_plain_files,
    job_log_scanner=marked_lines.JobLogScanner,
    scan_records=event_records.scan_records,
    resume_after_fault=event_frames.resume_after_fault,
)


def _native() -> Core | None:
    if CORE != "native":
        return None
    from loss_monitor._native import (  # noqa: PLC0415 - where they were built
        _events,
        _files,
        _lines,
        _text,
    )

    return Core(
        name="native",
        count_newlines=_lines.count_newlines,
        read_numbers=_text.read_numbers,
        read_plain_files=_files.read_plain_files,
        job_log_scanner=_lines.JobLogScanner,
        scan_records=_events.scan_records,
        resume_after_fault=_events.resume_after_fault,
    )


NATIVE = _native()
"""The compiled core; None where it was not built or not wanted."""

chosen = NATIVE or PYTHON
"""What parsers use."""
