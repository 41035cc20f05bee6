"""The loss and summary files of one run: from found files to changed timesteps.

Enters: what a look found. Leaves: `RunChange`s. A timestep's files are read together; the
newest timesteps are read first while the run is loaded, later the oldest first, because
only then does an earlier timestep that is written again tell of a restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from loss_monitor.activity import counted
from loss_monitor.model_time import ModelTime
from loss_monitor.monitor.loss_log import LogFile, LogOutcome
from loss_monitor.monitor.read_ahead import FILES_TOGETHER_MAX, read_ahead
from loss_monitor.monitor.reading import Reading
from loss_monitor.monitor.run_change import RunChange
from loss_monitor.monitor.slot import Slot, SummaryFile
from loss_monitor.monitor.starts import Span
from loss_monitor.monitor.summary_tags import SummaryTags
from loss_monitor.source.found import FoundFile
from loss_monitor.source.names import FileKind
from loss_monitor.types import Attempt, Floats, Key, Mark, Timestep

RESTART_GRACE_S = 60.0
"""A kept timestep whose file is older than an earlier timestep's by more than this belongs
to an attempt before it: within one attempt files are written in model-time order."""


PUTS_MAX = 1_024
"""Timesteps at which a reading ends before its time: small ones come by the thousand, and what
they hold until they are in the run is memory that stays with the process."""


class Boundary(NamedTuple):
    """Where an attempt began."""

    key: ModelTime
    """Its first timestep."""
    written_s: float
    """When that was written, seconds since 1970-01-01 UTC."""
    ended_s: float
    """When the attempt before it wrote its last file."""

    def text(self, number: int) -> str:
        """Say that the attempt of a number, from 1, begins."""
        return f"Attempt {number} begins at {self.key.label}: the training went back in model time"


class LossFiles:
    """All loss files of the run that is watched; used by the reading thread only."""

    def __init__(self, reading: Reading) -> None:
        """Know no file yet."""
        self._reading = reading
        self._slots: dict[ModelTime, Slot] = {}
        self._pending: list[ModelTime] = []
        self._pending_files = 0
        self._boundaries: list[Boundary] = []
        self._last_written: ModelTime | None = None
        self._last_written_s = float("-inf")
        self._last_key: ModelTime | None = None
        self._loaded = False
        self._order_in_doubt = False
        self._dropped = 0
        self._began_s = float("inf")
        self.more_names = False
        """True while the watch knows of names that it has not examined yet."""
        self.summary_tags = SummaryTags()

    @property
    def pending(self) -> int:
        """Files that wait to be read."""
        return self._pending_files

    @property
    def is_pending(self) -> bool:
        """Whether a file waits to be read."""
        return bool(self._pending)

    @property
    def dropped(self) -> int:
        """Timesteps of earlier attempts that are not part of the run."""
        return self._dropped

    @property
    def newest(self) -> Key | None:
        """The last timestep in model time that has been read."""
        return self._last_key

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The run's attempts in order; the first began with the first timestep written."""
        if not self._slots:
            return ()
        starts = [self._began_s, *(begun.written_s for begun in self._boundaries)]
        ends: list[float | None] = [*(begun.ended_s for begun in self._boundaries), None]
        return tuple(
            Attempt(f"attempt {number}", start, end)
            for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
        )

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Where the training went back in model time."""
        return tuple(
            Mark("restart", begun.key, begun.written_s, begun.text(number), level="warning")
            for number, begun in enumerate(self._boundaries, 2)
        )

    def take(self, files: Sequence[FoundFile]) -> None:
        """Note files that are new or changed; they are read by `read`."""
        if not files:
            return
        began_ns = min(found.stat.mtime_ns for found in files)
        self._began_s = min(self._began_s, began_ns / 1e9)
        for found in files:
            key = _time_of(found)
            slot = self._slots.get(key)
            is_summary = found.kind is FileKind.SUMMARY
            if slot is None and not is_summary:
                self._slots[key] = Slot(LogFile(found), written_ns=found.stat.mtime_ns)
                continue
            if slot is None:
                slot = self._slots[key] = Slot()
            if is_summary:
                slot.summary = slot.summary or SummaryFile()
                slot.summary.found = found
                continue
            log = slot.log_at(found.path)
            if log is not None:
                log.found = found
            else:
                slot.logs = (*slot.logs, LogFile(found))
                if not slot.dropped:
                    slot.written_ns = max(slot.written_ns, found.stat.mtime_ns)
        if not self._loaded:
            self._order_in_doubt = True
        self._arrange(map(_time_of, files))

    def settle(self, files: Iterable[FoundFile]) -> None:
        """Note files without change for a minute: what they hold back is taken as it is."""
        unread = []
        for found in files:
            key = _time_of(found)
            slot = self._slots.get(key)
            log = slot.log_at(found.path) if slot is not None else None
            if log is not None and not log.settled:
                unread.append(key)
        if unread:
            self._arrange(unread)

    def lose(self, files: Sequence[FoundFile]) -> bool:
        """Forget files that are gone; return True where their going means a new run.

        It does when the newest timestep that was read has no file left, or none is left at
        all. Older files are purged by the file system; their values stay.
        """
        for found in files:
            key = _time_of(found)
            slot = self._slots.get(key)
            if slot is None:
                continue
            if found.kind is FileKind.SUMMARY:
                if slot.summary is not None:
                    slot.summary.lose()
                continue
            slot.logs = tuple(log for log in slot.logs if log.found.path != found.path)
            if slot.logs and slot.shown:
                self._read_again(key)
        if not any(slot.shown for slot in self._slots.values()):
            return False
        newest = self._slots[self._last_key] if self._last_key is not None else None
        if newest is not None and newest.shown and not newest.logs:
            return True
        return not any(slot.logs for slot in self._slots.values())

    def written_in(self, span: Span) -> tuple[Key, ...]:
        """Return the timesteps of the run whose losses were written in `span`."""
        return tuple(
            key
            for key, slot in self._slots.items()
            if slot.shown and span.from_s <= slot.written_s < span.until_s
        )

    def read(self, until_s: float) -> RunChange:
        """Read what is pending until the monotonic time `until_s`; at least one timestep."""
        change = RunChange()
        if self._order_in_doubt and not self._loaded and not self.more_names:
            self._part_attempts(change)
            self._order_in_doubt = False
        # Twice as many each time, so that even a slow file server is not held up for long.
        together = 1
        while self._pending:
            keys = self._pending[: -together - 1 : -1]
            del self._pending[-together:]
            slots = [self._slots[key] for key in keys]
            read_ahead(self._reading, slots)
            for key, slot in zip(keys, slots, strict=True):
                # The count may run ahead by what has vanished since.
                self._pending_files = max(0, self._pending_files - slot.n_files)
                if not slot.is_left_behind:
                    self._read_slot(key, change)
            if len(change.puts) >= PUTS_MAX or self._reading.clock.monotonic_s() >= until_s:
                break
            together = min(2 * together, FILES_TOGETHER_MAX)
        if not self._pending and not self.more_names:
            if self._slots and not self._loaded:
                self._loaded = True
                # The first timestep that is written again is told from a later one by this.
                self._last_written = max(self._slots, key=self._written_last)
                self._last_written_s = self._slots[self._last_written].written_s
            if self._order_in_doubt:
                self._part_attempts(change)
                self._order_in_doubt = False
        return change

    def _arrange(self, keys: Iterable[ModelTime]) -> None:
        """Let timesteps wait to be read, in order, the first to read last.

        While the run is loaded the newest model time comes first; later the order of
        writing counts, since going back in model time tells of a restart.
        """
        waiting = set(self._pending)
        fresh = [key for key in dict.fromkeys(keys) if key not in waiting]
        self._pending += fresh
        self._pending_files = sum(self._slots[key].n_files for key in self._pending)
        if self._loaded:
            self._pending.sort(key=self._written_last, reverse=True)
        elif fresh:
            self._pending.sort()

    def _read_again(self, key: ModelTime) -> None:
        slot = self._slots[key]
        for log in slot.logs:
            log.reset()
        self._pending.append(key)
        self._pending_files += slot.n_files

    def _written_last(self, key: ModelTime) -> tuple[int, ModelTime]:
        return self._slots[key].modified_ns, key

    def _read_slot(self, key: ModelTime, change: RunChange) -> None:
        slot = self._slots[key]
        rewritten = completed = False
        logs = slot.logs
        # Summaries are written last: losses that are read behind theirs are whole.
        summary = slot.summary
        changed = summed = summary is not None and summary.read(self._reading)
        for log in logs:
            if summed:
                log.see_again()
            settled = log.is_ahead or self._reading.is_settled(log.found)
            was_settled = log.settled
            outcome = log.read(self._reading, settled=settled)
            changed |= outcome is not LogOutcome.SAME
            rewritten |= outcome is LogOutcome.REWRITTEN
            completed |= log.settled and not was_settled
            if outcome in (LogOutcome.NEW, LogOutcome.REWRITTEN):
                slot.written_ns = log.written_ns
                self._regard_order(key, slot, rewritten=outcome is LogOutcome.REWRITTEN)
        if summed:
            self.summary_tags.note(key, slot.pairs, slot.written_s)
        elif summary is not None and rewritten:
            summary.outlive(logs)
        if changed:
            self._show(key, slot, change)
        elif completed and slot.shown and not slot.pairs and key == self._last_key:
            # Only of the latest timestep is it asked whether it still grows.
            timestep = self._timestep(key, slot)
            if timestep is not None:
                change.completed[key] = timestep
        for log in logs:
            log.release_if_settled()

    def _show(self, key: ModelTime, slot: Slot, change: RunChange) -> None:
        """Put the timestep as its files say now, or drop it if they say nothing any more."""
        timestep = self._timestep(key, slot)
        if timestep is not None:
            change.puts[key] = timestep
            change.drops.discard(key)
            self._dropped -= slot.dropped
            slot.shown, slot.dropped = True, False
            if self._last_key is None or key > self._last_key:
                self._last_key = key
        elif slot.shown and not (slot.latest_log and slot.latest_log.is_unread):
            change.drop(key)
            slot.shown = False

    def _timestep(self, key: ModelTime, slot: Slot) -> Timestep | None:
        log = slot.latest_log
        if log is None:
            return None
        values = log.values
        if values is None:
            log.reset()
            log.read(self._reading, settled=True)
            values = log.values
        if values is None:
            return None
        return Timestep(
            key=key,
            label=key.label,
            values=values,
            unit=log.unit,
            source=log.found.path,
            attempt=self._attempt_of(key, slot.written_s) if self._boundaries else 0,
            wall_time=log.written_ns / 1e9,
            summary=slot.pairs or log.header,
            complete=bool(slot.pairs) or log.settled,
            model_fields=key,
        )

    def _attempt_of(self, key: ModelTime, written_s: float) -> int:
        return sum(key >= one.key and written_s >= one.written_s for one in self._boundaries)

    def _regard_order(self, key: ModelTime, slot: Slot, *, rewritten: bool) -> None:
        """Begin an attempt where an earlier timestep is written again."""
        if not self._loaded:
            return
        if self._last_key is not None and key < self._last_key:
            self._order_in_doubt = True
        if slot.written_s < self._last_written_s:
            return  # A new name, found later than what was written after it, tells no order.
        if rewritten and self._last_written is not None and key < self._last_written:
            self._begin_attempt(Boundary(key, slot.written_s, self._last_written_s))
        self._last_written, self._last_written_s = key, slot.written_s

    def _begin_attempt(self, boundary: Boundary) -> None:
        self._boundaries.append(boundary)
        text = boundary.text(len(self._boundaries) + 1)
        self._reading.activity.tell("warning", "restart", text)

    def _part_attempts(self, change: RunChange) -> None:
        """Drop the timesteps that an earlier attempt left behind a rewritten one."""
        keys = sorted(self._slots)
        if not keys:
            return
        written: Floats = np.array([self._slots[key].written_s for key in keys])
        latest_before = np.maximum.accumulate(written)
        behind = written < latest_before - RESTART_GRACE_S
        indices: list[int] = np.flatnonzero(behind).tolist()
        fresh = [index for index in indices if not self._slots[keys[index]].dropped]
        self._dropped += len(fresh)
        for index in fresh:
            self._slots[keys[index]].dropped = True
            if self._slots[keys[index]].shown:
                change.supersede(keys[index])
                self._slots[keys[index]].shown = False
        if not fresh:
            return
        if not self._loaded:
            starts = _first_later(written, written[fresh] + RESTART_GRACE_S)
            for start in starts:
                ended_s = float(written[written < written[start]].max())
                self._begin_attempt(Boundary(keys[start], float(written[start]), ended_s))
            for key in keys[starts[0] :]:
                # A slow server told its names in parts: this one was taken for the first attempt.
                if self._slots[key].shown:
                    self._read_again(key)
        kept = [key for key in keys if self._slots[key].shown]
        self._last_key = kept[-1] if kept else None
        self._reading.activity.tell(
            "info",
            "attempt",
            f"{counted(self.dropped, 'timestep', 'timesteps')} of an earlier attempt left the "
            "run, from "
            f"{keys[fresh[0]].label} on",
            row="dropped",
        )


def _first_later(written: Floats, moments: Floats) -> list[int]:
    """Return where `written` first comes to lie behind each of some moments; each place once.

    What an attempt left behind was written before the next one wrote its first timestep.
    """
    highest = np.maximum.accumulate(written)
    found: list[int] = np.searchsorted(highest, moments, side="right").tolist()
    return sorted(set(found))


def _time_of(found: FoundFile) -> ModelTime:
    model_time = found.model_time
    assert model_time is not None, f"{found.path} is no file of a timestep"
    return model_time
