"""Event files: what is held, what is passed over and when, with time moved by hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loss_monitor.activity import ActivityLog
from loss_monitor.clock import ManualClock
from loss_monitor.monitor import reading
from loss_monitor.monitor.event_files import FAULT_GRACE_NETWORK_S, FAULT_GRACE_S, EventFiles
from loss_monitor.series.tags import TagStore
from loss_monitor.source.found import FileStat, FoundFile
from loss_monitor.source.names import FileKind
from loss_monitor.wire.event import encode_file_version, encode_scalar
from loss_monitor.wire.frames import frame
from loss_monitor.wire.protobuf import bytes_field, varint_field
from loss_monitor.writer import EventWriter

if TYPE_CHECKING:
    from conftest import Watched

TAG = "Loss/batch"
HEADER = frame(encode_file_version(1.0))


def point(step: int, value: float | None = None) -> bytes:
    """Return the record of one point; its value is its step where none is given."""
    number = float(step) if value is None else value
    return frame(encode_scalar(TAG.encode(), number, step, 100.0 + step))


def damaged(record: bytes) -> bytes:
    """Return a record with one bit of its payload turned over."""
    return record[:14] + bytes([record[14] ^ 1]) + record[15:]


class EventRun:
    """One run directory under `runs/` with its files."""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self.name = "experiment_1979-01-01 00:00:00"
        self.folder = watched.directory / "runs" / self.name
        self.folder.mkdir(parents=True)
        self._touched = 0

    def put(self, content: bytes, name: str = "events.out.tfevents.1.node") -> Path:
        """Write a whole file, later than all that was written before."""
        path = self.folder / name
        path.write_bytes(content)
        self._touched += 1
        moment = self.watched.clock.wall_s() + self._touched * 1e-3
        os.utime(path, (moment, moment))
        return path

    def look(self, after_s: float = 1.0) -> list[float]:
        """Let time pass, look, and return the values of the tag."""
        tags = self.watched.look(after_s).tags
        if TAG not in tags.scalars(self.name):
            return []
        return [float(value) for value in tags.series(self.name, TAG, "all").values]

    def rows(self) -> list[tuple[str, int | None, str]]:
        """Return level, offset and message of all rows about event files, oldest first."""
        activity = self.watched.monitor.snapshot.activity
        return [(e.level, e.offset, e.message) for e in activity if e.kind == "event_file"]


@pytest.fixture
def event_run(watched: Watched) -> EventRun:
    """An empty run directory under watch."""
    return EventRun(watched)


def test_each_of_the_five_kinds_of_damage_heals_at_the_next_look(event_run: EventRun) -> None:
    """Half a record, zeros, a shorter file, a deleted one, an older one that grows."""
    one, two, three = point(1), point(2), point(3)
    event_run.put(HEADER + one + two[:9])
    assert event_run.look() == [1.0]
    event_run.put(HEADER + one + two)
    assert event_run.look() == [1.0, 2.0]
    event_run.put(HEADER + one + two + bytes(len(three)))
    assert event_run.look() == [1.0, 2.0]
    event_run.put(HEADER + one + two + three)
    assert event_run.look() == [1.0, 2.0, 3.0]
    path = event_run.put(HEADER + point(8))
    assert event_run.look() == [8.0]
    path.unlink()
    assert event_run.look() == [8.0]
    event_run.put(HEADER + point(9))
    assert event_run.look() == [9.0]
    event_run.put(HEADER + point(20), "events.out.tfevents.2.node")
    assert event_run.look() == [9.0, 20.0]
    event_run.put(HEADER + point(9) + point(10))
    assert event_run.look() == [9.0, 10.0, 20.0]


def test_texts_are_kept_beside_numbers_and_go_with_their_file(event_run: EventRun) -> None:
    """Each is taken once, also where the file grows in the middle of a record."""
    tensor = varint_field(1, 7) + bytes_field(8, b"note")
    metadata = bytes_field(1, bytes_field(1, b"text"))
    value = bytes_field(1, b"notes") + bytes_field(8, tensor) + bytes_field(9, metadata)
    text = frame(varint_field(2, 3) + bytes_field(5, bytes_field(1, value)))

    def notes() -> list[tuple[int, str]]:
        store = event_run.watched.monitor.snapshot.tags.texts
        return [(one.step, one.text) for one in store.texts(event_run.name, "notes")]

    event_run.put(HEADER + point(1) + text + text[:20])
    assert event_run.look() == [1.0]
    assert notes() == [(3, "note")]
    event_run.put(HEADER + point(1) + text + text + point(2))
    assert event_run.look() == [1.0, 2.0]
    assert notes() == [(3, "note")] * 2
    event_run.put(HEADER + point(7))
    assert event_run.look() == [7.0]
    assert notes() == []


def test_damage_is_passed_after_the_grace_where_a_good_record_follows(event_run: EventRun) -> None:
    """Before that it is held and told; then the gap is reported with offset and size."""
    bad = damaged(point(2))
    event_run.put(HEADER + point(1) + bad + point(3))
    at = len(HEADER + point(1))
    assert event_run.look() == [1.0]
    ((level, offset, message),) = event_run.rows()
    assert (level, offset) == ("warning", at)
    assert "waiting" in message
    assert event_run.look(FAULT_GRACE_S - 1) == [1.0]
    assert event_run.look(2.0) == [1.0, 3.0]
    ((level, offset, message),) = event_run.rows()
    assert (level, offset) == ("error", at)
    assert message.startswith(f"{len(bad):,} damaged bytes passed over")
    assert event_run.watched.monitor.snapshot.source.incidents == 1


def test_damage_at_the_end_is_never_passed(event_run: EventRun) -> None:
    """Nothing good follows yet; when it does, reading goes on behind the gap."""
    bad = damaged(point(2))
    event_run.put(HEADER + point(1) + bad)
    for _ in range(5):
        assert event_run.look(FAULT_GRACE_S) == [1.0]
    event_run.put(HEADER + point(1) + bad + point(3))
    for _ in range(3):
        values = event_run.look(FAULT_GRACE_S)
    assert values == [1.0, 3.0]


def test_damage_that_becomes_whole_within_the_grace_leaves_no_gap(event_run: EventRun) -> None:
    """Nothing is lost, and the row that told of the damage says that it is over."""
    event_run.put(HEADER + point(1) + damaged(point(2)) + point(3))
    assert event_run.look() == [1.0]
    event_run.put(HEADER + point(1) + point(2) + point(3))
    assert event_run.look() == [1.0, 2.0, 3.0]
    levels = [level for level, offset, _ in event_run.rows() if offset == len(HEADER + point(1))]
    assert levels == ["ok"]


def test_each_gap_has_a_row_of_its_own(event_run: EventRun) -> None:
    """A second hole in the file does not take the place of the first one in the log."""
    content = HEADER + point(1) + damaged(point(2)) + point(3)
    event_run.put(content)
    event_run.look()
    assert event_run.look(FAULT_GRACE_S + 1) == [1.0, 3.0]
    event_run.put(content + damaged(point(4)) + point(5))
    event_run.look()
    assert event_run.look(FAULT_GRACE_S + 1) == [1.0, 3.0, 5.0]
    offsets = [offset for level, offset, _ in event_run.rows() if level == "error"]
    assert offsets == [len(HEADER + point(1)), len(content)]
    assert event_run.watched.monitor.snapshot.source.incidents == 2


def test_each_damaged_place_has_a_whole_grace(event_run: EventRun) -> None:
    """Damage that heals does not use up the time of the next."""
    event_run.put(HEADER + damaged(point(1)))
    event_run.look()
    event_run.look(FAULT_GRACE_S - 1)
    event_run.put(HEADER + point(1) + damaged(point(2)) + point(3))
    assert event_run.look(2.0) == [1.0]
    assert event_run.look(2.0) == [1.0]
    assert event_run.look(FAULT_GRACE_S) == [1.0, 3.0]


def test_the_grace_is_longer_where_another_node_writes(event_run: EventRun) -> None:
    """A network file system delivers late."""
    event_run.watched.monitor._reading.network = True
    event_run.put(HEADER + point(1) + damaged(point(2)) + point(3))
    assert event_run.look() == [1.0]
    assert event_run.look(FAULT_GRACE_S + 1) == [1.0]
    assert event_run.look(FAULT_GRACE_NETWORK_S) == [1.0, 3.0]


def test_records_that_keep_coming_in_halves_are_not_called_unfinished(
    event_run: EventRun,
) -> None:
    """A writer whose buffer ends in the middle of a record is at work, not stuck."""
    content = HEADER + b"".join(point(step) for step in range(1, 9))
    size = len(point(1))
    for step in range(1, 8):
        event_run.put(content[: len(HEADER) + step * size + 5])
        assert event_run.look(1.0) == [float(one) for one in range(1, step + 1)]
    assert event_run.rows() == []


@pytest.mark.parametrize("keep", ["same", "shorter", "longer"])
def test_a_rewritten_file_gives_its_new_points_only(event_run: EventRun, keep: str) -> None:
    """Whatever its size: the old content's points are replaced, never doubled."""
    count = {"same": 3, "shorter": 2, "longer": 5}[keep]
    event_run.put(HEADER + b"".join(point(step) for step in (1, 2, 3)))
    assert event_run.look() == [1.0, 2.0, 3.0]
    values = [50.0 + number for number in range(count)]
    event_run.put(HEADER + b"".join(point(step, value) for step, value in enumerate(values)))
    assert event_run.look() == values
    assert [offset for _, offset, _ in event_run.rows()] == [0]


def test_files_of_a_run_are_joined_in_the_order_of_their_names(event_run: EventRun) -> None:
    """Whichever was read first; what a restart did again is dropped by default."""
    event_run.put(HEADER + point(3, 30.0) + point(4, 40.0), "events.out.tfevents.2.node")
    event_run.look()
    event_run.put(HEADER + point(1) + point(2) + point(3), "events.out.tfevents.1.node")
    assert event_run.look() == [1.0, 2.0, 3.0, 30.0, 40.0]
    latest = event_run.watched.monitor.snapshot.tags.series(event_run.name, TAG)
    assert list(latest.values) == [1.0, 2.0, 30.0, 40.0]
    assert latest.dropped == 1


def test_histograms_come_with_their_edges(event_run: EventRun) -> None:
    """Counts sum to the number of values, and are those of the writer."""
    writer = EventWriter(event_run.folder)
    writer.histogram("Parameters/w", [0.5, 1.5, 1.6, -2.0], 7)
    writer.close()
    event_run.look()
    tags = event_run.watched.monitor.snapshot.tags
    (histogram,) = tags.histograms(event_run.name, "Parameters/w").points
    assert (histogram.step, histogram.num, sum(histogram.counts)) == (7, 4.0, 4.0)
    assert len(histogram.edges) == len(histogram.counts) + 1


def test_a_pointer_under_an_event_files_name_is_told_and_stops_nothing(
    event_run: EventRun,
) -> None:
    """Git-LFS text: its "length" is astronomic, and is not believed."""
    event_run.put(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a.tfevents")
    event_run.put(HEADER + point(1))
    assert event_run.look() == [1.0]
    assert [(level, offset) for level, offset, _ in event_run.rows()] == [("warning", 0)]
    assert event_run.look(FAULT_GRACE_S + 1) == [1.0]


def test_a_settled_event_file_is_not_opened_again(event_run: EventRun) -> None:
    """Time alone reads nothing."""
    event_run.put(HEADER + point(1))
    event_run.look()
    opens = event_run.watched.monitor.snapshot.source.io.opens
    for _ in range(5):
        event_run.look(100.0)
    assert event_run.watched.monitor.snapshot.source.io.opens == opens


def test_files_of_one_name_in_two_runs_are_told_apart(watched: Watched) -> None:
    """Each has a row of its own, with its path under the watched directory."""
    for tb_run in ("a", "b"):
        folder = watched.directory / "runs" / tb_run
        folder.mkdir(parents=True)
        (folder / "events.out.tfevents.1").write_bytes(HEADER + damaged(point(1)))
    snapshot = watched.look()
    files = {entry.file for entry in snapshot.activity if entry.kind == "event_file"}
    assert files == {f"runs/{tb_run}/events.out.tfevents.1" for tb_run in ("a", "b")}


def test_a_file_may_vanish_while_it_is_read_on_behind_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It changes just when the damage is passed, so that it is to be read for two reasons."""
    monkeypatch.setattr(reading, "READ_BYTES_MAX", 2 * len(point(1)))
    path, clock = tmp_path / "events.out.tfevents.1.node", ManualClock()
    path.write_bytes(HEADER + point(1) + damaged(point(2)) + b"".join(map(point, range(3, 20))))
    found = FoundFile(str(path), "runs/one", FileKind.EVENT, None, FileStat.of(path.stat()))
    files = EventFiles(reading.Reading(clock, ActivityLog(clock, 10)), tags_max=10)
    files.take([found])
    store = TagStore()
    while files.pending:
        store = files.read(store, 0.0)
    clock.advance(FAULT_GRACE_S)
    files.take([found])
    store = files.read(store, 0.0)
    assert files.pending == 1
    files.lose([found])
    assert files.read(store, 0.0) is store
    assert files.pending == 0
