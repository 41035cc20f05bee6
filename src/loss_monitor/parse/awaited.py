"""What a training says that it waits for: the end of its dry run, or a step that is due.

Enters: chunks of one job log, in the order of its lines. Leaves: a word and a text. Ranks lag
behind each other, so a step that is due counts as long as no loss of it has come.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from loss_monitor.parse.job_log import JobLogChunk, StepLine

_DRY_RUN = re.compile(r"Dry run step ([0-9]{1,12})(?:/| of )([0-9]{1,12})")


class Waiting(NamedTuple):
    """What is waited for; empty words where losses are coming."""

    word: str = ""
    """`dry_run` or `waiting`."""
    text: str = ""


@dataclass(slots=True)
class Awaited:
    """What one job log last said of it."""

    dry_run: str = ""
    due: int | None = None
    newest: int = -1
    """Newest step with a loss."""

    def take(self, chunk: JobLogChunk) -> None:
        """Take the next lines."""
        loss = _newest(chunk, has_loss=True)
        dry_line = 0
        for message in chunk.messages:
            if message.kind == "dry_run":
                self.dry_run, dry_line = message.text, message.line
            elif message.kind == "dry_run_complete":
                self.dry_run = ""
        if loss is not None:
            self.newest = loss.step
            if loss.line > dry_line:
                self.dry_run = ""
        waits = _newest(chunk, has_loss=False)
        if waits is not None:
            self.due = int(waits.values[waits.keys.index("due")])

    @property
    def waiting(self) -> Waiting:
        """What is waited for now."""
        if self.dry_run:
            match = _DRY_RUN.search(self.dry_run)
            if match is None:
                return Waiting("dry_run", self.dry_run)
            return Waiting("dry_run", f"Dry run ({int(match[1]):,} of {int(match[2]):,})")
        if self.due is not None and self.due > self.newest:
            return Waiting("waiting", f"Waiting (due at step {self.due:,})")
        return Waiting()


def _newest(chunk: JobLogChunk, *, has_loss: bool) -> StepLine | None:
    """Return the last line with a loss, or the last one that names the step that is due."""
    for line in reversed(chunk.steps):
        if (line.loss is not None) if has_loss else ("due" in line.keys):
            return line
    return None
