"""The budgets: a row for each figure that the project promises, in the order of the report.

Enters: nothing. Leaves: the table. A benchmark answers a row by a `Figure` with its key.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """A figure and its limit."""

    key: str
    work: str
    what: str
    limit: float
    unit: str
    at_least: bool = False
    """Whether the limit is the least value that meets it, not the greatest."""

    def share(self, value: float) -> float:
        """Return how much of the budget `value` uses: at most 1 meets it."""
        if self.at_least:
            return self.limit / value if value > 0 else float("inf")
        if self.limit == 0:
            return 0.0 if value <= 0 else float("inf")
        return value / self.limit


_FILES = "10,000 loss files, 10 M losses, first reading with all statistics"
_EVENTS = "event file, 2 M scalars, all kept, checksums verified"
_LOG = "job log of 2 GB"
_QUIET = "quiet run, 10,000 settled files"
_WRITTEN = "file write, local disk, writes 1 s apart"
_ANSWERS = "answers of at most 2,000 points, 10 M losses"
_MEMORY = "memory"
_ARCHIVE = "NetCDF of 10,000 loss files, 10 M losses, by command"
_STREAM = "1,000 connected pages, 2 updates a second"
_START = "start to newest timestep"
_PAGE = "the page in Chromium, 10 M losses behind it"

BUDGETS = (
    Budget("files.original", _FILES, "times less CPU than the original's way", 40, "x", True),
    Budget("files.cat", _FILES, "CPU, in those of `cat` of the same files", 3, "x"),
    Budget("events.rustboard", _EVENTS, "times less CPU than rustboard as shipped", 5, "x", True),
    Budget(
        "events.rustboard_all",
        _EVENTS,
        "times less CPU than rustboard keeping all and checking",
        12,
        "x",
        True,
    ),
    Budget("events.bytes", _EVENTS, "memory a further scalar", 24, "bytes"),
    Budget("log.grep", _LOG, "CPU, in those of `grep -cE` of the same patterns", 2, "x"),
    Budget("log.newest", _LOG, "process start to the newest loss", 1, "s"),
    Budget("quiet.calls", _QUIET, "system calls a second over a minute", 40, ""),
    Budget("quiet.opened", _QUIET, "settled files opened", 0, ""),
    Budget("quiet.cpu", _QUIET, "share of a core", 0.1, "%"),
    Budget("latency.added", _WRITTEN, "to pushed event, 95 % (a line added)", 200, "ms"),
    Budget("latency.new", _WRITTEN, "to pushed event, 95 % (a new file)", 200, "ms"),
    Budget("page.pixels", _WRITTEN, "to changed pixels in Chromium, 95 %", 300, "ms"),
    Budget("answers.flowing", _ANSWERS, "while data flow, 95 %", 20, "ms"),
    Budget("answers.loading", _ANSWERS, "while loading, 95 %", 50, "ms"),
    Budget("memory.million", _MEMORY, "with 1 M losses in 1,000 files", 90, "MB"),
    Budget("memory.loss", _MEMORY, "a further loss", 16, "bytes"),
    Budget("memory.file", _MEMORY, "a further file", 1024, "bytes"),
    Budget("memory.growth", _MEMORY, "growth beyond the data, fast writer", 1, "MB a minute"),
    Budget("archive.cpu", _ARCHIVE, "CPU, in that of reading alone", 2, "x"),
    Budget("archive.memory", _ARCHIVE, "memory a further loss beside reading", 2, "bytes"),
    Budget("stream.received", _STREAM, "updates that did not reach a page", 0, ""),
    Budget("stream.cpu", _STREAM, "share of a core", 25, "%"),
    Budget("stream.stalled", _STREAM, "95 % with a stalled page, in those without", 2, "x"),
    Budget("stream.growth", _STREAM, "memory that 10,000 updates add", 1, "MB"),
    Budget("start.files", _START, "10,000 files, 10 M losses, and an event file", 1.5, "s"),
    Budget("page.weight", _PAGE, "first load, compressed", 150, "KB"),
    Budget("page.foreign", _PAGE, "requests to another host", 0, ""),
    Budget("page.first", _PAGE, "first charts", 500, "ms"),
    Budget("page.update", _PAGE, "script of an update, four charts, median", 10, "ms"),
    Budget("page.frame", _PAGE, "frame while panning and zooming 2,000 buckets, 95 %", 17, "ms"),
    Budget("page.filter", _PAGE, "a letter in the filter of 5,000 tags, 95 %", 100, "ms"),
    Budget("page.growth", _PAGE, "memory of scripts that 10,000 updates add", 1, "MB"),
)
