"""The cursor: each way in which a file can change, with real files."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loss_monitor.tail import cursor as cursor_module
from loss_monitor.tail.cursor import Change, Cursor, Outcome, read_change
from loss_monitor.tail.fingerprint import BODY_WHOLE_BYTES

START_NS = 1_700_000_000_000_000_000


class Writer:
    """Writes one file and dates each writing a second later."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.time_ns = START_NS

    def rewrite(self, data: bytes) -> None:
        """Open with `"w"`, as the plugin does: the same inode, other bytes."""
        self.path.write_bytes(data)
        self.touch()

    def append(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)
        self.touch()

    def overwrite(self, offset: int, data: bytes, *, dated: bool = True) -> None:
        with self.path.open("r+b") as file:
            file.seek(offset)
            file.write(data)
        if dated:
            self.touch()
        else:
            os.utime(self.path, ns=(self.time_ns, self.time_ns))

    def replace(self, data: bytes) -> None:
        """Another file takes the name: another inode, since both are there at once."""
        other = self.path.with_name("other")
        other.write_bytes(data)
        other.rename(self.path)
        self.touch()

    def touch(self) -> None:
        self.time_ns += 1_000_000_000
        os.utime(self.path, ns=(self.time_ns, self.time_ns))


@dataclass
class Seen:
    """What a watch gives to `read_change`."""

    device: int
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> Seen:
        found = path.stat()
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path / "file")


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """Paths that were opened."""
    paths: list[str] = []
    real = os.open

    def counted(path, *args, **more):
        paths.append(str(path))
        return real(path, *args, **more)

    monkeypatch.setattr(os, "open", counted)
    return paths


def read(writer: Writer, cursor: Cursor | None = None, **more) -> Change:
    return read_change(str(writer.path), cursor, **more)


def test_a_new_file_is_read_from_its_beginning(writer: Writer) -> None:
    """The cursor stands behind what was read."""
    writer.rewrite(b"0.5\n")
    change = read(writer)
    assert (change.outcome, change.data, change.start) == (Outcome.NEW, b"0.5\n", 0)
    assert (change.cursor.offset, change.cursor.size, change.more) == (4, 4, False)
    assert (change.opens, change.bytes_read) == (1, 4)


def test_an_empty_file_is_new_and_may_grow(writer: Writer) -> None:
    """Event files of 0 bytes are valid."""
    writer.rewrite(b"")
    change = read(writer)
    assert (change.outcome, change.data) == (Outcome.NEW, b"")
    writer.append(b"abc")
    change = read(writer, change.cursor)
    assert (change.outcome, change.data, change.start) == (Outcome.GROWN, b"abc", 0)


def test_an_appended_file_gives_the_new_bytes_only(writer: Writer) -> None:
    """Again and again, whatever the sizes."""
    writer.rewrite(b"")
    change = read(writer)
    written = b""
    for number in (1, 5000, 3, 70_000, 1, 200_000):
        data = os.urandom(number)
        writer.append(data)
        change = read(writer, change.cursor)
        assert change.outcome is Outcome.GROWN
        assert change.start == len(written)
        assert change.data == data
        assert change.bytes_read <= number + 2 * 8192
        written += data


def test_an_unchanged_file_gives_nothing(writer: Writer) -> None:
    """Opened, since nobody said how it stands."""
    writer.rewrite(b"0.5\n")
    first = read(writer)
    change = read(writer, first.cursor)
    assert (change.outcome, change.data, change.cursor) == (
        Outcome.UNCHANGED,
        b"",
        first.cursor,
    )


def test_a_file_that_the_watch_saw_unchanged_is_not_opened(writer: Writer, opened) -> None:
    """A settled file is opened once in its life."""
    writer.rewrite(b"0.5\n")
    first = read(writer)
    for _ in range(3):
        change = read(writer, first.cursor, stat=Seen.of(writer.path))
        assert (change.outcome, change.opens) == (Outcome.UNCHANGED, 0)
    assert opened == [str(writer.path)]
    writer.append(b"0.4\n")
    assert read(writer, first.cursor, stat=Seen.of(writer.path)).data == b"0.4\n"


def test_a_large_file_is_read_in_pieces(writer: Writer) -> None:
    """`more` says that bytes remain; the pieces join to the whole."""
    data = os.urandom(1_000_003)
    writer.rewrite(data)
    change = read(writer, max_bytes=100_000)
    pieces = [change.data]
    while change.more:
        seen = Seen.of(writer.path)
        change = read(writer, change.cursor, max_bytes=100_000, stat=seen)
        assert change.outcome is Outcome.GROWN
        assert len(change.data) <= 100_000
        pieces.append(change.data)
    assert b"".join(pieces) == data
    assert len(pieces) == 11


def test_a_touched_file_is_unchanged(writer: Writer) -> None:
    """A purge tool or a file server moved its mtime; nothing is parsed again."""
    writer.rewrite(b"0.5\n0.4\n")
    first = read(writer)
    writer.touch()
    change = read(writer, first.cursor)
    assert (change.outcome, change.data) == (Outcome.UNCHANGED, b"")
    assert change.cursor.mtime_ns == writer.time_ns
    assert read(writer, change.cursor, stat=Seen.of(writer.path)).opens == 0


@pytest.mark.parametrize("size", [4, 5000, 100_000, 3_000_000])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.5, 0.999999])
def test_one_other_byte_in_a_rewritten_file_of_equal_size_is_seen(
    writer: Writer, size: int, place: float
) -> None:
    """At the edges and in the middle: the plugin rewrites a timestep under its name."""
    data = bytearray(os.urandom(size))
    writer.rewrite(bytes(data))
    first = read(writer)
    data[int(size * place)] ^= 1
    writer.rewrite(bytes(data))
    change = read(writer, first.cursor)
    assert (change.outcome, change.start) == (Outcome.REWRITTEN, 0)
    assert change.data == bytes(data)
    assert read(writer, change.cursor).outcome is Outcome.UNCHANGED


def test_a_large_file_rewritten_with_equal_size_is_seen(writer: Writer) -> None:
    """Beyond the part that is compared byte by byte a sample of each block is."""
    size = BODY_WHOLE_BYTES + 1_000_000
    writer.rewrite(os.urandom(size))
    change = read(writer, max_bytes=size)
    writer.touch()
    change = read(writer, change.cursor, max_bytes=size)
    assert change.outcome is Outcome.UNCHANGED
    writer.overwrite(BODY_WHOLE_BYTES + 10, os.urandom(500_000))
    change = read(writer, change.cursor, max_bytes=size)
    assert change.outcome is Outcome.REWRITTEN
    assert len(change.data) == size


@pytest.mark.parametrize("old", [b"1\n2\n3\n", b"1\n" * 5000])
def test_a_file_rewritten_with_longer_content_is_read_again_whole(
    writer: Writer, old: bytes
) -> None:
    """It looks as if it had grown; what came from the old content is replaced."""
    writer.rewrite(old)
    first = read(writer)
    new = old.replace(b"1", b"7") + b"4\n"
    writer.rewrite(new)
    change = read(writer, first.cursor)
    assert (change.outcome, change.start, change.data) == (Outcome.REWRITTEN, 0, new)


def test_a_file_rewritten_with_the_same_beginning_has_grown(writer: Writer) -> None:
    """Nothing was lost and nothing is doubled."""
    writer.rewrite(b"1\n2\n")
    first = read(writer)
    writer.rewrite(b"1\n2\n3\n")
    change = read(writer, first.cursor)
    assert (change.outcome, change.data) == (Outcome.GROWN, b"3\n")


def test_a_truncated_file_is_read_again_whole(writer: Writer) -> None:
    """Also down to nothing, and it may grow again."""
    writer.rewrite(b"1\n2\n3\n")
    first = read(writer)
    writer.rewrite(b"1\n")
    change = read(writer, first.cursor)
    assert (change.outcome, change.start, change.data) == (Outcome.TRUNCATED, 0, b"1\n")
    writer.rewrite(b"")
    change = read(writer, change.cursor)
    assert (change.outcome, change.data) == (Outcome.TRUNCATED, b"")
    writer.append(b"5\n")
    change = read(writer, change.cursor)
    assert (change.outcome, change.data) == (Outcome.GROWN, b"5\n")


def test_a_replaced_file_is_read_again_whole(writer: Writer) -> None:
    """Another inode, whatever it holds."""
    writer.rewrite(b"1\n2\n")
    change = read(writer)
    for new in (b"1\n2\n3\n", b"9\n", b"9\n"):
        writer.replace(new)
        change = read(writer, change.cursor)
        assert (change.outcome, change.start, change.data) == (Outcome.REPLACED, 0, new)


def test_an_inode_that_is_used_again_deceives_nobody(writer: Writer, monkeypatch) -> None:
    """Deleted and made again: same number, here by force, and other bytes."""
    writer.rewrite(b"1\n2\n")
    first = read(writer)
    writer.path.unlink()
    writer.rewrite(b"3\n4\n5\n")
    reused = replace(first.cursor, inode=writer.path.stat().st_ino)
    change = read(writer, reused)
    assert (change.outcome, change.data) == (Outcome.REWRITTEN, b"3\n4\n5\n")


def test_a_file_that_is_gone_keeps_its_cursor(writer: Writer) -> None:
    """It may come back as it was."""
    writer.rewrite(b"1\n")
    first = read(writer)
    writer.path.rename(writer.path.with_name("away"))
    change = read(writer, first.cursor)
    assert (change.outcome, change.cursor) == (Outcome.GONE, first.cursor)
    writer.path.with_name("away").rename(writer.path)
    assert read(writer, change.cursor).outcome is Outcome.UNCHANGED
    assert read_change(f"{writer.path}/below", None).outcome is Outcome.GONE


def test_a_cursor_moved_back_gives_the_unfinished_record_again(writer: Writer) -> None:
    """Held until it is whole; the proof of what was read stays."""
    writer.rewrite(b"record1|reco")
    first = read(writer)
    held = first.cursor.at(8)
    writer.append(b"rd2|")
    change = read(writer, held)
    assert (change.outcome, change.start, change.data) == (Outcome.GROWN, 8, b"record2|")


def test_without_a_change_held_bytes_are_given_on_demand_only(writer: Writer) -> None:
    """The watch's `stat` says that nothing is new; after the grace the caller asks all the same."""
    writer.rewrite(b"record1|reco")
    held = read(writer).cursor.at(8)
    assert read(writer, held, stat=Seen.of(writer.path)).outcome is Outcome.UNCHANGED
    change = read(writer, held)
    assert (change.outcome, change.start, change.data) == (Outcome.GROWN, 8, b"reco")
    assert change.cursor.offset == 12


def test_a_held_file_that_is_rewritten_is_read_again_whole(writer: Writer) -> None:
    """The unfinished record is no excuse for mixing two contents."""
    writer.rewrite(b"record1|reco")
    held = read(writer).cursor.at(8)
    for new in (b"Record1|reco", b"Record1|record2|"):
        writer.rewrite(new)
        change = read(writer, held)
        assert (change.outcome, change.start, change.data) == (Outcome.REWRITTEN, 0, new)


@pytest.mark.parametrize("grows", [False, True])
@pytest.mark.parametrize("before", [100, 300_000])
def test_zeros_that_become_real_bytes_heal(writer: Writer, before: int, grows: bool) -> None:
    """Network file systems show zeros while another node writes; no byte is lost or doubled."""
    good = os.urandom(before)
    tail = os.urandom(1000)
    writer.rewrite(good + b"\0" * 1000)
    held = read(writer).cursor.at(before)
    writer.overwrite(before, tail)
    if grows:
        writer.append(b"more")
    change = read(writer, held)
    whole = good + tail + (b"more" if grows else b"")
    assert change.data == whole[change.start :]
    if before > 100_000:
        # Far behind the beginning of the file, what was read is proved, not read again.
        assert (change.outcome, change.start) == (Outcome.GROWN, before)
    writer.append(b"!")
    assert read(writer, change.cursor).data == b"!"


def test_zeros_that_heal_within_one_tick_are_seen_on_demand(writer: Writer) -> None:
    """Neither size nor mtime moves on a file system with whole seconds."""
    writer.rewrite(b"good" + b"\0" * 4)
    held = read(writer).cursor.at(4)
    writer.overwrite(4, b"tail", dated=False)
    change = read(writer, held)
    assert change.data == b"goodtail"[change.start :]


def test_a_cursor_does_not_move_forward(writer: Writer) -> None:
    """Nor before the file."""
    writer.rewrite(b"abc")
    cursor = read(writer).cursor
    for offset in (-1, 4):
        with pytest.raises(ValueError, match="cannot move a cursor at 3"):
            cursor.at(offset)


@pytest.mark.timeout(10)
def test_a_pipe_is_refused_and_its_writer_sleeps_on(tmp_path: Path) -> None:
    """To open it would wake the writer and kill it when we close."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    woken = threading.Event()

    def write() -> None:
        descriptor = os.open(path, os.O_WRONLY)
        woken.set()
        os.close(descriptor)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        change = read_change(str(path), None)
        assert change.outcome is Outcome.REFUSED
        assert change.refusal is not None
        assert "not a regular file" in change.refusal.reason
        assert change.opens == 0
        assert not woken.wait(0.1)
    finally:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        thread.join()


@pytest.mark.timeout(10)
def test_a_file_that_turns_into_a_pipe_before_it_is_opened_blocks_nobody(
    tmp_path: Path, monkeypatch
) -> None:
    """Between `stat` and `open` anything can happen; what was opened is checked again."""
    path = tmp_path / "file"
    path.write_text("1\n")
    real = os.open

    def swapped(name, *args, **more):
        path.unlink()
        os.mkfifo(path)
        return real(name, *args, **more)

    monkeypatch.setattr(os, "open", swapped)
    assert read_change(str(path), None).outcome is Outcome.REFUSED


def test_directories_and_looping_links_are_refused(tmp_path: Path) -> None:
    """With the reason; a link to nothing is gone."""
    assert read_change(str(tmp_path), None).outcome is Outcome.REFUSED
    (tmp_path / "loop").symlink_to("loop")
    change = read_change(str(tmp_path / "loop"), None)
    assert change.refusal is not None
    assert "leads back to itself" in change.refusal.reason
    (tmp_path / "dangling").symlink_to("nothing")
    assert read_change(str(tmp_path / "dangling"), None).outcome is Outcome.GONE


@pytest.fixture
def public_place() -> Iterator[Path]:
    """A directory that other users reach (pytest's own is the test user's alone)."""
    place = Path(tempfile.mkdtemp(prefix="loss-monitor-test-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def read_as_nobody(path: Path) -> Change:
    if os.geteuid() != 0:
        return read_change(str(path), None)
    os.seteuid(65534)
    try:
        return read_change(str(path), None)
    finally:
        os.seteuid(0)


def test_an_unreadable_file_is_refused_until_it_can_be_read(public_place: Path) -> None:
    """Mode 000; its cursor stays fresh, so that later it is new."""
    path = public_place / "log_1979-01-01 00:00:00.txt"
    path.write_text("1\n")
    path.chmod(0o000)
    change = read_as_nobody(path)
    assert change.outcome is Outcome.REFUSED
    assert change.refusal is not None
    assert "Permission denied" in change.refusal.reason
    path.chmod(0o644)
    change = read_as_nobody(path)
    assert (change.outcome, change.data) == (Outcome.NEW, b"1\n")


def test_the_access_time_is_left_alone(writer: Writer) -> None:
    """Purges go by it, and keeping files alive by touching them is forbidden."""
    writer.rewrite(b"1\n")
    os.utime(writer.path, ns=(1, writer.time_ns))
    read(writer)
    assert writer.path.stat().st_atime_ns == 1


def test_no_descriptor_stays_open(writer: Writer, tmp_path: Path) -> None:
    """Whatever the outcome."""
    before = len(os.listdir("/proc/self/fd"))
    writer.rewrite(b"1\n")
    cursor = read(writer).cursor
    for new in (b"1\n2\n", b"3\n", b"9\n"):
        writer.rewrite(new)
        cursor = read(writer, cursor).cursor
    read_change(str(tmp_path), None)
    read_change(str(tmp_path / "none"), None)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_read_error_is_a_refusal(writer: Writer, monkeypatch) -> None:
    """A server that lost the file (ESTALE) raises nothing here."""
    writer.rewrite(b"1\n")

    def fail(*args):
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr(os, "pread", fail)
    change = read(writer)
    assert change.outcome is Outcome.REFUSED
    assert change.refusal is not None
    assert "Stale file handle" in change.refusal.reason


def test_a_short_read_is_completed(writer: Writer, monkeypatch) -> None:
    """One call gives less than was asked, at 2 GiB or on a signal."""
    data = os.urandom(1000)
    writer.rewrite(data)
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, length, at: real(fd, min(length, 7), at))
    change = read(writer)
    assert change.data == data
    assert not change.more


def test_a_file_cut_while_it_is_read_is_seen_at_the_next_reading(
    writer: Writer, monkeypatch
) -> None:
    """Between `fstat` and reading: the size was larger than what is there."""
    writer.rewrite(b"1\n2\n3\n")
    real = os.fstat

    def then_cut(descriptor):
        found = real(descriptor)
        os.truncate(writer.path, 2)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(cursor_module.os, "fstat", then_cut)
        change = read(writer)
    assert change.data == b"1\n"
    assert read(writer, change.cursor).outcome is Outcome.TRUNCATED


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.binary(min_size=1, max_size=40)),
        st.tuples(st.just("rewrite"), st.binary(max_size=60)),
        st.tuples(st.just("replace"), st.binary(max_size=60)),
        st.tuples(st.just("cut"), st.integers(0, 60)),
        st.tuples(st.just("change"), st.integers(0, 60)),
        st.tuples(st.just("touch"), st.none()),
        st.tuples(st.just("delete"), st.none()),
        st.tuples(st.just("read"), st.integers(1, 50)),
        st.tuples(st.just("back"), st.integers(0, 20)),
    ),
    max_size=25,
)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_what_was_read_is_always_what_the_file_holds(tmp_path_factory, steps) -> None:
    """Any history of a file: after reading to the end, the joined data equal its content."""
    writer = Writer(tmp_path_factory.mktemp("any") / "file")
    cursor: Cursor | None = None
    held = b""

    def take(most: int) -> bool:
        nonlocal cursor, held
        change = read(writer, cursor, max_bytes=most)
        cursor = change.cursor
        if change.outcome not in (Outcome.UNCHANGED, Outcome.GONE):
            if change.outcome is not Outcome.GROWN:
                assert change.start == 0
            held = held[: change.start] + change.data
            assert cursor.offset == len(held)
        return change.more

    for step, value in steps:
        there = writer.path.exists()
        if step == "read":
            take(value)
        elif step == "back" and cursor is not None and value <= cursor.offset:
            cursor = cursor.at(value)
            held = held[:value]
        elif step in ("append", "rewrite"):
            getattr(writer, step)(value)
        elif step == "replace" and there:
            writer.replace(value)
        elif step == "cut" and there and writer.path.stat().st_size > value:
            os.truncate(writer.path, value)
            writer.touch()
        elif step == "change" and there and writer.path.stat().st_size > value:
            data = writer.path.read_bytes()[value]
            writer.overwrite(value, bytes([data ^ 1]))
        elif step == "touch" and there:
            writer.touch()
        elif step == "delete" and there:
            writer.path.unlink()
    if writer.path.exists():
        while take(13):
            pass
        assert held == writer.path.read_bytes()
