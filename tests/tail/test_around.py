"""The lines around one that is named by its offset, without reading the rest of the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loss_monitor.tail.around import BYTES_BEFORE, BYTES_BEHIND, lines_around


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of a hundred lines of eight bytes."""
    path = tmp_path / "log"
    path.write_text("".join(f"line {n:02d}\n" for n in range(100)))
    return path


def test_a_line_comes_with_so_many_to_either_side(path: Path) -> None:
    """In order, without their ends."""
    found = lines_around(str(path), 50 * 8, 2)
    assert found.before == (b"line 48", b"line 49")
    assert found.lines == (b"line 50", b"line 51", b"line 52")
    assert (found.begins, found.ends, found.fault) == (False, False, "")


def test_at_its_ends_the_file_has_fewer(path: Path) -> None:
    """And it is said that there are no more."""
    first, last = lines_around(str(path), 8, 2), lines_around(str(path), 98 * 8, 2)
    assert (first.before, first.begins) == ((b"line 00",), True)
    assert (last.lines, last.ends) == ((b"line 98", b"line 99"), True)
    assert not lines_around(str(path), 3 * 8, 2).begins
    assert not lines_around(str(path), 96 * 8, 2).ends


def test_a_last_line_without_its_end_is_shown_as_it_is(path: Path) -> None:
    """The writer may be in the middle of it."""
    with path.open("a") as file:
        file.write("half a l")
    found = lines_around(str(path), 99 * 8, 2)
    assert (found.lines, found.ends) == ((b"line 99", b"half a l"), True)


@pytest.mark.parametrize("offset", [3, 801, 10**12])
def test_where_no_line_begins_the_file_was_rewritten(path: Path, offset: int) -> None:
    """Also where it is shorter now."""
    assert "rewritten" in lines_around(str(path), offset, 2).fault


def test_a_file_that_is_gone_or_cannot_be_read_is_told(path: Path, tmp_path: Path) -> None:
    """In words, without raising."""
    os.mkfifo(tmp_path / "pipe")
    assert lines_around(str(tmp_path / "none"), 0, 2).fault == "is gone"
    assert "regular file" in lines_around(str(tmp_path / "pipe"), 0, 2).fault


def test_of_a_large_file_only_what_is_near_is_read(tmp_path: Path) -> None:
    """Two gigabytes of holes, and one line in the middle; long lines are not read to their end."""
    path, middle = tmp_path / "log", 2**30
    with path.open("wb") as file:
        file.seek(middle - 7)
        file.write(b"before\nhere\nbehind" + b"x" * BYTES_BEHIND + b"\n")
        file.truncate(2 * middle)
    found = lines_around(str(path), middle, 20)
    assert (found.lines, found.before) == ((b"here",), ())
    assert BYTES_BEFORE + BYTES_BEHIND < 2**20
