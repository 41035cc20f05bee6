"""Which parser reads which kind of file: a table for each way of reading.

A new loss file format is a new module with a `LossParser` and one row here. Rows are
factories, since a parser belongs to one file and is thrown away when that is rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from loss_monitor.parse.event_file import scan
from loss_monitor.parse.job_log import JobLogChunk, JobLogParser
from loss_monitor.parse.loss_text import LossTextParser, Parsed
from loss_monitor.parse.run_toml import parse_run_toml
from loss_monitor.parse.status_json import parse_status
from loss_monitor.parse.summary import parse_summary
from loss_monitor.source.names import FileKind
from loss_monitor.types import SummaryValue, Unit


class LossParser(Protocol):
    """Reader of one loss file, fed with whole lines as they come."""

    line: int
    """Number of the next line, from 1."""
    unit: Unit
    """What one loss stands for; certain from the first loss on."""
    header: dict[str, SummaryValue]
    """Pairs that the file holds beside its losses."""

    def feed(self, lines: bytes) -> Parsed:
        """Return the losses of the next `lines`; never raises on any bytes."""
        ...


class LogParser(Protocol):
    """Reader of one job log, fed with whole lines as they come."""

    line: int
    """Number of the next line, from 1."""

    def feed(self, lines: bytes) -> JobLogChunk:
        """Return the facts of the next `lines`; never raises on any bytes."""
        ...


LOSS_PARSERS: Mapping[FileKind, Callable[[], LossParser]] = {
    FileKind.LOG: LossTextParser,
    FileKind.DETAILED: LossTextParser,
    FileKind.SESSION: LossTextParser,
}
"""Files of losses, read line by line. The content tells the format, the name only this row."""

JOB_LOG_PARSERS: Mapping[FileKind, Callable[[], LogParser]] = {
    FileKind.JOB_LOG: JobLogParser,
}
"""Logs in which losses stand among other lines."""

WHOLE_FILE_PARSERS = {
    FileKind.SUMMARY: parse_summary,
    FileKind.STATUS: parse_status,
    FileKind.DESCRIPTION: parse_run_toml,
}
"""Small files that are replaced as a whole: bytes in, result out."""

RECORD_SCANNERS = {
    FileKind.EVENT: scan,
}
"""Files of framed records."""

UNREAD = frozenset({FileKind.CHECKPOINT})
"""Kinds of which only the existence counts."""


def loss_parser(kind: FileKind) -> LossParser:
    """Return a new parser for one loss file; KeyError for a kind that holds no losses."""
    return LOSS_PARSERS[kind]()
