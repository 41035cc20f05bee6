"""Every kind of file has one way of being read."""

from __future__ import annotations

from collections import Counter

from loss_monitor.parse.registry import (
    JOB_LOG_PARSERS,
    LOSS_PARSERS,
    RECORD_SCANNERS,
    UNREAD,
    WHOLE_FILE_PARSERS,
)
from loss_monitor.source.names import FileKind


def test_each_kind_of_file_is_in_exactly_one_table() -> None:
    """A kind that `source` finds and no table knows would be watched and never read."""
    rows = Counter[FileKind]()
    for table in (LOSS_PARSERS, JOB_LOG_PARSERS, WHOLE_FILE_PARSERS, RECORD_SCANNERS, UNREAD):
        rows.update(list(table))
    assert rows == Counter(FileKind)


def test_each_file_gets_a_parser_of_its_own() -> None:
    """Two files never share line numbers or a header."""
    for kind, new_parser in LOSS_PARSERS.items():
        assert new_parser() is not new_parser(), kind
