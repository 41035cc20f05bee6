"""What the readers of all formats share: the counters, the log, and a file's progress.

Enters: paths. Leaves: `Change`s, with every opening and byte counted once, here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from loss_monitor.activity import ActivityLog
from loss_monitor.clock import Clock
from loss_monitor.parse import cores
from loss_monitor.settings import Settings
from loss_monitor.source.found import FileStat, FoundFile
from loss_monitor.source.roster import SETTLED_AFTER_S
from loss_monitor.tail.cursor import Change, Cursor, Outcome, read_change, read_part
from loss_monitor.tail.within import Within
from loss_monitor.types import Floats, Io, Level, Refusal

READ_BYTES_MAX = 4 * 1024 * 1024
"""Bytes read at once: large enough that system calls do not count, small enough that the
interpreter is given back between two pieces."""

TRY_AGAIN_AFTER_S = 60.0
"""What cannot be read is tried again: a file server that restarts refuses for a while."""

LOOK_FOR_AGAIN_AFTER_S = 1.0
"""What is gone when it is opened is told by the next look, or was away for a moment only."""

_TRIED_TOGETHER = 100


@dataclass(slots=True)
class Counters:
    """What was asked of the file system; written by the reading thread only."""

    looks: int = 0
    stats: int = 0
    opens: int = 0
    bytes_read: int = 0

    def frozen(self) -> Io:
        """Return the figures as they stand."""
        return Io(self.looks, self.stats, self.opens, self.bytes_read)


@dataclass(slots=True)
class Progress:
    """How much of what was found has been read, until all was read once."""

    files_total: int = 0
    bytes_done: int = 0
    """Bytes that were read in order; what is read ahead or to compare is no progress."""
    bytes_total: int = 0


@dataclass(slots=True)
class Reading:
    """The means of one reading thread: its clock, log and counters."""

    clock: Clock
    activity: ActivityLog
    counters: Counters = field(default_factory=Counters)
    progress: Progress = field(default_factory=Progress)
    afresh: int = 0
    """Loss files that were read again from the beginning."""
    failed: dict[str, float] = field(default_factory=dict)
    """Files that could not be read, with the monotonic time of the next try."""
    _told: dict[str, str] = field(default_factory=dict)
    """Why those that were refused were so."""
    network: bool = False
    """True where the files lie on a network file system: graces are longer there."""
    within: Within | None = None
    """Directories that links may not lead out of; None: every link is followed."""
    seen_settled: Callable[[str], bool] = lambda _path: False
    """Whether the watch has seen a path without change for a minute, whatever its times say."""

    def change(
        self,
        path: str,
        cursor: Cursor | None,
        *,
        stat: FileStat | None = None,
        bytes_max: int | None = None,
    ) -> Change:
        """Read at most `bytes_max` new bytes of `path` behind `cursor`; never raises.

        None stands for `READ_BYTES_MAX`. With `stat`, what the watch saw, a file of which all
        was read is not opened.
        """
        change = read_change(
            path, cursor, stat=stat, max_bytes=bytes_max or READ_BYTES_MAX, within=self.within
        )
        self.counters.opens += change.opens
        self.counters.bytes_read += change.bytes_read
        self.progress.bytes_done += len(change.data)
        if change.has_failed:
            is_gone = change.outcome is Outcome.GONE
            after_s = LOOK_FOR_AGAIN_AFTER_S if is_gone else TRY_AGAIN_AFTER_S
            self.failed[path] = self.clock.monotonic_s() + after_s
        elif self.failed:
            self.failed.pop(path, None)
            self._told.pop(path, None)
        return change

    def part(self, path: str, start: int) -> Change:
        """Read a piece of `path` from `start` on, ahead of the rest; never raises."""
        change = read_part(path, start, max_bytes=READ_BYTES_MAX, within=self.within)
        self.counters.opens += change.opens
        self.counters.bytes_read += change.bytes_read
        return change

    def plain(self, files: Sequence[FoundFile], numbers: Floats) -> tuple[list[int], list[int]]:
        """Read small files of numbers into `numbers`; never raises.

        Returns the number of values of each, -1 where it is not plain, and its checksum: see
        `parse.plain_files`. A file that may be a link to elsewhere is not plain.
        """
        counts, checksums, opens, bytes_read = cores.chosen.read_plain_files(
            [found.path for found in files],
            [found.stat for found in files],
            numbers,
            self.within is None,
        )
        self.counters.opens += opens
        self.counters.bytes_read += bytes_read
        taken = zip(files, counts, strict=True)
        self.progress.bytes_done += sum(found.stat.size for found, n in taken if n >= 0)
        return counts, checksums

    def is_settled(self, found: FoundFile) -> bool:
        """Tell whether nothing more is expected of a file: by its age, or as the watch saw."""
        return self.is_old(found) or self.seen_settled(found.path)

    def is_old(self, found: FoundFile) -> bool:
        """Tell whether a file was written last so long ago that it counts as settled."""
        return self.clock.wall_s() - found.stat.mtime_ns / 1e9 > SETTLED_AFTER_S

    def has_failed(self, found: FoundFile, change: Change) -> bool:
        """Return whether a file could not be read; tell why, once however often it is tried.

        One that is gone is no news: the next look tells of it, or finds it in its place again.
        """
        refusal = change.refusal
        if refusal is not None and self._told.get(found.path) != refusal.reason:
            self._told[found.path] = refusal.reason
            self.tell_refused(found.shown, refusal)
        return change.has_failed

    def due_again(self) -> set[str]:
        """Return some of the files whose next try is due, which counts as made."""
        now_s = self.clock.monotonic_s()
        due = [path for path, due_s in self.failed.items() if due_s <= now_s]
        tried = due[:_TRIED_TOGETHER]
        self.failed.update(dict.fromkeys(tried, now_s + TRY_AGAIN_AFTER_S))
        return set(tried)

    def forget_failed(self, path: str) -> None:
        """Forget a file that could not be read and is not there any more."""
        self.failed.pop(path, None)
        self._told.pop(path, None)

    def tell_refused(self, name: str, refusal: Refusal, *, count: int = 1) -> None:
        """Tell once per file what was refused in it; the row's count grows with `count`."""
        what = refusal.reason if count == 1 else f"{refusal.reason} ({count:,} refused in all)"
        sample = f": {refusal.sample}" if refusal.sample else ""
        self.activity.tell(
            "warning",
            "refused",
            what + sample,
            file=name,
            line=refusal.line,
            offset=refusal.offset,
            row=f"refused:{name}",
            incident=True,
        )

    def tell(self, level: Level, kind: str, message: str, name: str, row: str = "") -> None:
        """Tell something about the file `name`; `row` makes a later telling replace it."""
        self.activity.tell(level, kind, message, file=name, row=f"{row}:{name}" if row else None)


def within_of(settings: Settings) -> Within | None:
    """Return the bounds of what may be read, None where every link is followed."""
    if settings.follow_symlinks:
        return None
    watched = (str(settings.data_dir),) if settings.watches_data_dir else ()
    return Within(watched, settings.job_logs)


def base_name(path: str) -> str:
    """Return the last part of `path` in a form that can be shown."""
    return os.fsencode(os.path.basename(path)).decode("utf-8", "backslashreplace")
