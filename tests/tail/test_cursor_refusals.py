"""The cursor before what is no readable file, and while a file changes under the reading."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from growing_file import Writer, read
from loss_monitor.tail import cursor as cursor_module
from loss_monitor.tail.cursor import Change, Cursor, Outcome, read_change


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
