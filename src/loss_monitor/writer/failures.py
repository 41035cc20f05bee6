"""Failures of a writer, kept away from the model that called it.

Enters: a piece of work that may fail. Leaves: a bounded list of what failed. The model must
not stop because a disk is full, so every error ends here; stopping the process
(`KeyboardInterrupt`, `SystemExit`) is no failure and passes.
"""

from __future__ import annotations

import logging
from types import TracebackType

_LOGGER = logging.getLogger("loss_monitor.writer")

_KEPT_MAX = 100
"""The first failures tell the cause, and a run of months must not fill memory with others."""


class Failures:
    """What failed so far: the first hundred as text, and how many there were."""

    def __init__(self, writer: str) -> None:
        """Keep the failures of `writer`, a name for the log."""
        self.kept: list[str] = []
        self.count = 0
        self._writer = writer

    def guard(self, task: str) -> Guard:
        """Return a context that remembers an error of `task` instead of raising it."""
        return Guard(self, task)

    def remember(self, message: str) -> None:
        """Note one failure; the first is logged, the others would only repeat it."""
        self.count += 1
        if len(self.kept) < _KEPT_MAX:
            self.kept.append(message)
        if self.count == 1:
            _LOGGER.warning(
                "%s: %s; the model goes on, further failures are only counted",
                self._writer,
                message,
            )


class Guard:
    """A context that ends every error of its body in `Failures`."""

    def __init__(self, failures: Failures, task: str) -> None:
        """Name failures after `task`, words that complete "failed"."""
        self._failures = failures
        self._task = task

    def __enter__(self) -> None:
        """Begin the task."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Remember an error; True keeps it from the caller."""
        if not isinstance(error, Exception):
            return False
        self._failures.remember(f"{self._task} failed: {type(error).__name__}: {error}")
        return True
