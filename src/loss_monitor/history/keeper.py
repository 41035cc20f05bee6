"""The keeper: writes runs to their files in a thread of its own.

Enters: snapshots, as often as they come. Leaves: at most minutes of a run unsaved: its newest
state is written a minute after its first loss, every five minutes while it changes, when it was
replaced, and when the monitor ends. A full disk is told and tried again; the reading waits for
nothing. A snapshot never changes, so that it can be written while the next ones come.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FuturesTimeoutError
from dataclasses import dataclass

from loss_monitor.clock import Clock
from loss_monitor.history.archive import fingerprint, write_run
from loss_monitor.history.store import KeptRuns, Retention
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.source.found import FoundFile

FIRST_AFTER_S = 60.0
EVERY_S = 300.0
TRY_AGAIN_AFTER_S = 60.0
FILES_WITHIN_S = 2.0
"""How long the reader may take to tell its files; a file system that hangs costs their list."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Slot:
    """The newest snapshot of one run, and what of it is on disk."""

    snapshot: Snapshot
    due_s: float
    saved_counter: int = -1
    files: tuple[FoundFile, ...] = ()
    """Those of the run, as they were at its last writing: of one that is over they are gone."""
    is_over: bool = False


class Keeper:
    """Keeps the runs of one source."""

    def __init__(
        self,
        kept: KeptRuns,
        clock: Clock,
        retention: Retention,
        tell: Callable[[str], None],
        files: Callable[[], Future[tuple[FoundFile, ...]]] | None = None,
    ) -> None:
        """Keep runs in `kept`; `tell` takes what went wrong, from the keeper's thread.

        `files` asks the reader for the files of its run.
        """
        self._files = files
        self._warned = ""
        self._kept = kept
        self._clock = clock
        self._retention = retention
        self._tell = tell
        self._slots: dict[str, _Slot] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to write."""
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._thread.start()

    def put(self, snapshot: Snapshot) -> None:
        """Take the newest snapshot; from the reading thread, returns at once."""
        if not snapshot.run.id or not snapshot.run.n_values or snapshot.source.loading is not None:
            return
        run_id = snapshot.run.id
        with self._lock:
            slot = self._slots.get(run_id)
            if slot is not None:
                slot.snapshot = snapshot
                return
            now_s = self._clock.monotonic_s()
            for other in self._slots.values():
                # Its successor has begun: what it was is written at once.
                other.is_over, other.due_s = True, now_s
            self._slots[run_id] = _Slot(snapshot, now_s + FIRST_AFTER_S)
        self._wake.set()

    def stop(self) -> None:
        """Begin to write what is not on disk, and to end; returns at once."""
        self._stopping = True
        self._wake.set()

    def join(self, grace_s: float) -> None:
        """Wait until it has ended, `grace_s` seconds at most."""
        if self._thread is not None:
            self._thread.join(grace_s)

    def save_due(self, *, everything: bool = False) -> None:
        """Write the runs that are due, with `everything` all that changed."""
        now_s = self._clock.monotonic_s()
        with self._lock:
            slots = list(self._slots.items())
        for run_id, slot in slots:
            if everything or slot.due_s <= now_s:
                self._save(run_id, slot, now_s)

    def tell_fault(self) -> None:
        """Tell where nothing can be kept: now, while somebody looks, not when a run is over."""
        fault = self._kept.fault()
        if fault:
            self._warn(
                f"No run can be kept in {self._kept.folder}: {fault}; KEEP_DIRECTORY names another "
                "place, KEEP_RUNS = False keeps none"
            )

    def _warn(self, message: str) -> None:
        """Tell what went wrong; in the log, too, which is all that is left when we end."""
        if message != self._warned:
            _log.warning("%s", message)
        self._warned = message
        self._tell(message)

    def _run(self) -> None:
        try:
            self.tell_fault()
            self._kept.drop_halves(self._clock.wall_s())
            while not self._stopping:
                self._wake.wait(self._pause_s())
                self._wake.clear()
                self.save_due()
            # Behind the loop: the end may have been asked for while it was writing.
            self.save_due(everything=True)
        except Exception:  # noqa: BLE001 - the top of a thread: told, logged, never silent.
            _log.exception("Runs are no longer kept")
            self._tell("Runs are no longer kept, by a fault of the monitor itself: see its log")

    def _pause_s(self) -> float | None:
        with self._lock:
            due = [slot.due_s for slot in self._slots.values()]
        return max(0.1, min(due) - self._clock.monotonic_s()) if due else None

    def _save(self, run_id: str, slot: _Slot, now_s: float) -> None:
        snapshot = slot.snapshot
        if snapshot.counter != slot.saved_counter:
            self._ask_files(slot)
            path = self._kept.path_of(run_id)
            try:
                write_run(path, snapshot, self._clock.wall_s(), slot.files)
            except OSError as error:
                slot.due_s = now_s + TRY_AGAIN_AFTER_S
                self._warn(
                    f"The run cannot be kept in {self._kept.folder}: {error.strerror}; it is "
                    "tried again every minute"
                )
                return
            slot.saved_counter = snapshot.counter
            self._drop_older(snapshot)
            self._kept.drop_halves(self._clock.wall_s())
        slot.due_s = now_s + EVERY_S
        if slot.is_over:
            with self._lock:
                self._slots.pop(run_id, None)
            self._kept.apply(self._retention, self._clock.wall_s())

    def _ask_files(self, slot: _Slot) -> None:
        """Have the files of a run that is not over; what was known stays where no answer comes."""
        if self._files is None or slot.is_over:
            return
        with contextlib.suppress(FuturesTimeoutError):
            # Of a directory that was just wiped there are none.
            slot.files = self._files().result(FILES_WITHIN_S) or slot.files

    def _drop_older(self, snapshot: Snapshot) -> None:
        """Delete files of the same run under another name, which hold no more than this one.

        A run is named by its oldest file; where that was purged while no monitor ran, the same
        run got another name.
        """
        run = snapshot.run
        for kept in self._kept.all():
            same = kept.first == fingerprint(run) and kept.id != run.id
            if same and kept.timesteps <= run.n_timesteps and kept.batches <= run.n_values:
                self._kept.drop(kept)
