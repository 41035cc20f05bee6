"""The cursor: each way in which a file can change, with real files."""

from __future__ import annotations

import os

import pytest

from growing_file import Seen, Writer, read
from loss_monitor.tail.cursor import Outcome, read_change
from loss_monitor.tail.fingerprint import BODY_WHOLE_BYTES


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
    reused = first.cursor._replace(inode=writer.path.stat().st_ino)
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
