"""Messages of the plugin in a job log: what is worth a row of the activity log.

Enters: a line and the rank that wrote it. Leaves: kind, level and text, once for all ranks:
each rank prints the same sentence, somewhat earlier or later than the others.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from loss_monitor.parse.job_end import Outcome
from loss_monitor.parse.refused import printable
from loss_monitor.types import Level

TEXT_MAX = 200
"""Characters of a message that are kept."""
_TEXTS_MAX = 256
"""Sentences remembered at a time: how far one rank may lag behind another."""


class LogMessage(NamedTuple):
    """One message, told once for all ranks."""

    kind: str
    """`dry_run`, `dry_run_complete`, `non_finite`, `rollback`, `checkpoint`, `restored`,
    `restart`, `clean_end` or `end`."""
    level: Level
    text: str
    """Without the prefixes of srun and of the rank; control characters escaped."""
    step: int | None
    """The step that the message names."""
    rank: int | None
    """The first rank that said it, where the line tells."""
    line: int
    """Line in the log, from 1."""
    outcome: Outcome = ""
    """How the job ended, for `clean_end` and `end`."""
    offset: int = 0
    """Where the line begins in the log, in bytes."""
    newest_step: int | None = None
    """The newest step before the line, of the process that wrote it; None before its first."""
    restarts: int = 0
    """How often the training had begun anew within this log."""


class _Row(NamedTuple):
    words: bytes
    kind: str
    level: Level


_ROWS = (
    _Row(b"Dry run step", "dry_run", "info"),
    _Row(b"Dry run complete", "dry_run_complete", "ok"),
    _Row(b"NaN detected", "non_finite", "warning"),
    _Row(b"No checkpoint to roll back", "rollback", "error"),
    _Row(b"Rolled back to checkpoint", "rollback", "warning"),
    _Row(b"Checkpoint saved", "checkpoint", "ok"),
    _Row(b"resuming from step=", "restored", "ok"),
    _Row(b"PyTorch distributed destroyed", "clean_end", "ok"),
    _Row(b"[trainer] NaN/Inf", "non_finite", "warning"),
    _Row(b"Non-finite loss", "non_finite", "warning"),
)

MESSAGE_WORDS = (
    b"Dry run ",
    b"NaN detected",
    b"o checkpoint",
    b"Checkpoint saved",
    b"PyTorch distributed destroyed",
    b"[trainer] NaN/Inf",
    b"Non-finite loss",
    b"resuming from ",
)
"""What to look for in a log. Not a row each: every search has its price."""

_TASK = re.compile(rb"[ \t]*([0-9]{1,9}):[ \t]")
_RANK = re.compile(rb"\[rank=([0-9]{1,9})\][ \t]*")
_STEP = re.compile(rb"step(?:=|[ \t])[ \t]*([0-9]{1,18})")
_COLOUR = re.compile(rb"\x1b\[[0-9;]{0,16}m")


def said_by(line: bytes) -> tuple[int | None, str]:
    """Return the rank that wrote `line`, if it tells, and the text without prefixes.

    The rank is that of `[rank=R]`, else the task number that `srun -l` puts in front.
    """
    rank: int | None = None
    task = _TASK.match(line)
    if task is not None:
        rank, line = int(task[1]), line[task.end() :]
    named = _RANK.search(line)
    if named is not None:
        rank, line = int(named[1]), line[named.end() :]
    text = without_colours(line[: 4 * TEXT_MAX]).decode("utf-8", "backslashreplace")
    return rank, printable(text.strip())[:TEXT_MAX]


def without_colours(line: bytes) -> bytes:
    """Return `line` without the signs that colour it on a terminal."""
    return _COLOUR.sub(b"", line)


def message_of(line: bytes, number: int) -> LogMessage | None:
    """Return the message in `line`, the `number`-th of the log, or None if it holds none."""
    for words, kind, level in _ROWS:
        if words in line:
            rank, text = said_by(line)
            step = _STEP.search(line)
            outcome: Outcome = "finished" if kind == "clean_end" else ""
            named_step = int(step[1]) if step is not None else None
            return LogMessage(kind, level, text, named_step, rank, number, outcome)
    return None


class OnceForAllRanks:
    """Memory of who said what, so that a sentence is told when the first rank says it.

    A rank that says the same sentence again means a new event. Lines that name no rank
    are the same event as long as no step came between them.
    """

    def __init__(self) -> None:
        """Start with nothing said."""
        self._speakers: dict[str, set[int]] = {}
        self._nameless: set[str] = set()

    def is_news(self, text: str, rank: int | None) -> bool:
        """Say whether `text` is to be told, and remember that `rank` said it."""
        if rank is None:
            news = text not in self._nameless
            if len(self._nameless) >= _TEXTS_MAX:
                self._nameless.clear()
            self._nameless.add(text)
            return news
        speakers = self._speakers.pop(text, None)
        news = speakers is None or rank in speakers
        if speakers is None or news:
            speakers = set()
        speakers.add(rank)
        self._speakers[text] = speakers
        if len(self._speakers) > _TEXTS_MAX:
            del self._speakers[next(iter(self._speakers))]
        return news

    def begin_step(self) -> None:
        """A new step has come: what nobody in particular said may be said again."""
        self._nameless.clear()
