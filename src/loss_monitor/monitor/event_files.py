"""TensorBoard event files of the watched run: from found files to columns of tags.

Enters: what a look found. Leaves: new versions of a `TagStore`. An incomplete record is
waited for; a damaged one is read again whenever the file changes, and passed only after a
grace and only where a good record follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from loss_monitor.monitor.reading import READ_BYTES_MAX, Reading
from loss_monitor.parse.event_file import Scan, TagNumbers, resume_after_fault, scan
from loss_monitor.parse.event_texts import holds_texts, texts_in
from loss_monitor.series.tags import TagStore
from loss_monitor.source.found import FoundFile
from loss_monitor.tail.cursor import Change, Cursor, Outcome
from loss_monitor.wire.crc32c import Buffer

FAULT_GRACE_S = 10.0
"""How long a damaged record may become whole before reading passes it, on a local disk."""
FAULT_GRACE_NETWORK_S = 60.0
"""The same where another node's writes arrive late."""
FAULT_BYTES_MAX = 64 * 1024 * 1024
"""Bytes searched for the next good record: more damage than that is not passed over."""
WAIT_TOLD_AFTER_S = 2.0
"""An unfinished record is normal between two flushes; it is told when it lasts."""
_WHOLE_AGAIN = "the record is whole now; reading went on"
_AFRESH = (Outcome.TRUNCATED, Outcome.REPLACED, Outcome.REWRITTEN)


@dataclass(slots=True)
class _EventFile:
    found: FoundFile
    tags: TagNumbers
    cursor: Cursor | None = None
    read_once: bool = False
    held_since_s: float | None = None
    """Monotonic time since when the bytes at the cursor are unfinished or damaged."""
    held_offset: int = 0
    damaged: bool = False
    told: bool = False


class EventFiles:
    """All event files below the watched directory; used by the reading thread only."""

    def __init__(self, reading: Reading, tags_max: int) -> None:
        """Know no file yet; `tags_max` different tags of each are kept."""
        self._reading = reading
        self._tags_max = tags_max
        self._files: dict[str, _EventFile] = {}
        self._pending: list[str] = []
        self._lost: set[str] = set()

    @property
    def pending(self) -> int:
        """Files that wait to be read."""
        return len(self._pending)

    def take(self, files: Iterable[FoundFile]) -> None:
        """Note files that are new or changed; they are read by `read`, newest first."""
        for found in files:
            file = self._files.get(found.path)
            if file is None:
                self._files[found.path] = _EventFile(found, TagNumbers(self._tags_max))
            else:
                file.found = found
            if found.path not in self._pending:
                self._pending.append(found.path)
        self._pending.sort(key=lambda path: self._files[path].found.stat.mtime_ns)

    def lose(self, files: Sequence[FoundFile]) -> None:
        """Forget files that are gone; their points stay until the run is replaced."""
        for found in files:
            file = self._files.pop(found.path, None)
            if file is not None:
                self._lost.add(found.path)
                text = "The file is gone; its points stay"
                self._tell(file, "info", text, False, kind="gone", row="gone")
            if found.path in self._pending:
                self._pending.remove(found.path)

    def read(self, store: TagStore, until_s: float) -> TagStore:
        """Read what is pending until the monotonic time `until_s`; return the new store."""
        self._retry_held()
        while self._pending:
            file = self._files[self._pending[-1]]
            store, finished = self._read_piece(file, store)
            if finished:
                file.read_once = True
                self._pending.remove(file.found.path)
            if self._reading.clock.monotonic_s() >= until_s:
                break
        return store

    def _read_piece(self, file: _EventFile, store: TagStore) -> tuple[TagStore, bool]:
        """Take one piece of a file; the second result tells whether its end was reached."""
        change = self._reading.change(file.found.path, file.cursor)
        if self._reading.has_failed(file.found, change):
            return store, True
        is_successor = file.cursor is None and file.found.path in self._lost
        if is_successor or change.outcome in _AFRESH:
            self._lost.discard(file.found.path)
            self._tell_afresh(file, change)
            store = store.without_file(file.found.tb_run, file.found.name)
            file.tags = TagNumbers(self._tags_max)
            self._end_holding(file, "the file was read again from its beginning")
        if not change.data:
            file.cursor = change.cursor
            return store, True
        result, change = self._scan_whole_records(file, change)
        file.cursor = change.cursor.at(change.start + result.consumed)
        store = self._put(file, store, result)
        if holds_texts(result.skipped, file.tags.plugins):
            store = _with_texts(file, store, change.data[: result.consumed])
        if result.status == "corrupt":
            self._hold(file, result, damaged=True)
            return store, True
        if change.more and result.consumed:
            return store, False
        if result.consumed < len(change.data):
            self._hold(file, result, damaged=False)
        else:
            self._end_holding(file, _WHOLE_AGAIN)
        return store, True

    def _scan_whole_records(self, file: _EventFile, change: Change) -> tuple[Scan, Change]:
        """Scan `change`, read larger pieces until one holds a whole record."""
        bytes_max = READ_BYTES_MAX
        result = scan(change.data, file.tags, base_offset=change.start)
        while not result.consumed and change.more and result.status == "incomplete":
            # The piece is doubled, so a record of any size costs at most twice its bytes.
            bytes_max *= 2
            wider = self._reading.change(file.found.path, file.cursor, bytes_max=bytes_max)
            if wider.start != change.start or len(wider.data) <= len(change.data):
                break
            change = wider
            result = scan(change.data, file.tags, base_offset=change.start)
        return result, change

    def _put(self, file: _EventFile, store: TagStore, result: Scan) -> TagStore:
        run, name, tags = file.found.tb_run, file.found.name, file.tags.names
        if file.tags.has_others:
            result = result.of_first_tags(self._tags_max)
            text = f"more than {self._tags_max:,} tags: the others are left (MAX_TAGS)"
            self._tell(file, "warning", text, True, row="tags")
        if len(result.tag):
            store = store.put_scalars(run, name, tags, result)
        if len(result.histograms.tag):
            store = store.put_histograms(run, name, tags, result.histograms)
        return store

    def _hold(self, file: _EventFile, result: Scan, *, damaged: bool) -> None:
        """Remember that the bytes at the cursor are no record yet, and since when."""
        offset = file.cursor.offset if file.cursor else 0
        if file.held_since_s is not None and file.held_offset != offset:
            # What was held has become whole; these are other bytes, with a grace of their own.
            self._end_holding(file, _WHOLE_AGAIN)
        if file.held_since_s is None or file.damaged != damaged:
            file.held_since_s = self._reading.clock.monotonic_s()
            file.held_offset = offset
            file.damaged = damaged
            file.told = file.told and not damaged
        if damaged and not file.told:
            file.told = True
            reason = result.fault.reason if result.fault else "a damaged record"
            text = f"{reason}: waiting for it to become whole"
            self._tell(file, "warning", text, True, row=f"damage at {offset}")

    def _retry_held(self) -> None:
        now_s = self._reading.clock.monotonic_s()
        grace_s = FAULT_GRACE_NETWORK_S if self._reading.network else FAULT_GRACE_S
        for file in self._files.values():
            if file.held_since_s is None:
                continue
            age_s = now_s - file.held_since_s
            if not file.damaged and not file.told and age_s >= WAIT_TOLD_AFTER_S:
                file.told = True
                self._tell(file, "info", "waiting for the rest of a record", False)
            if file.damaged and age_s >= grace_s:
                self._pass_damage(file)

    def _pass_damage(self, file: _EventFile) -> None:
        """Go on behind damaged bytes where a good record follows them."""
        file.held_since_s = self._reading.clock.monotonic_s()
        if file.cursor is None:
            return
        start = file.cursor.offset
        change = self._reading.change(file.found.path, file.cursor, bytes_max=FAULT_BYTES_MAX)
        if change.outcome is not Outcome.GROWN or change.start != start:
            return
        found = resume_after_fault(change.data, 0)
        if found is None:
            return
        file.cursor = change.cursor.at(start + found)
        file.held_since_s, file.damaged, file.told = None, False, False
        self._tell(
            file,
            "error",
            f"{found:,} damaged bytes passed over; records follow",
            True,
            offset=start,
            row=f"damage at {start}",
        )
        if file.found.path not in self._pending:
            self._pending.append(file.found.path)

    def _end_holding(self, file: _EventFile, outcome: str) -> None:
        """Hold nothing any more; say so in the row that told of it."""
        if file.told:
            offset = file.held_offset
            row = f"damage at {offset}" if file.damaged else "record"
            self._tell(file, "ok", outcome, False, offset=offset, row=row)
        file.held_since_s, file.damaged, file.told = None, False, False

    def _tell_afresh(self, file: _EventFile, change: Change) -> None:
        words = {
            Outcome.TRUNCATED: "became shorter",
            Outcome.REPLACED: "was replaced by another file",
            Outcome.REWRITTEN: "was rewritten",
            Outcome.NEW: "was made again after it had gone",
        }
        self._tell(
            file,
            "warning",
            f"{words[change.outcome]}: read again from the beginning",
            False,
            offset=0,
            row="afresh",
        )

    def _tell(
        self,
        file: _EventFile,
        level: str,
        message: str,
        incident: bool,
        *,
        offset: int | None = None,
        kind: str = "event_file",
        row: str = "record",
    ) -> None:
        if offset is None:
            offset = file.cursor.offset if file.cursor else 0
        self._reading.activity.tell(
            level,  # type: ignore[arg-type]
            kind,
            message[0].upper() + message[1:],
            file=file.found.shown,
            offset=offset,
            row=f"{row}:{file.found.path}",
            incident=incident,
        )


def _with_texts(file: _EventFile, store: TagStore, records: Buffer) -> TagStore:
    """Put what the scan passed over: texts and hyperparameters, which are few."""
    found = texts_in(records, file.tags.plugins)
    run, name = file.found.tb_run, file.found.name
    return replace(store, texts=store.texts.put(run, name, found.texts, found.hparams))
