"""Small files of numbers, read and parsed in one go: what is taken, and what is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loss_monitor.parse import cores
from loss_monitor.source.found import FileStat
from loss_monitor.tail.cursor import read_change

pytestmark = pytest.mark.usefixtures("core")


def seen(path):
    """Return how the watch sees a file."""
    return FileStat.of(os.stat(path))


def read(paths, stats=None, follows_links=False, room=1000):
    """Return the losses of each file, None where it is not plain, and the whole answer."""
    stats = stats or [seen(path) for path in paths]
    numbers = np.full(room, 77.0)
    answer = cores.chosen.read_plain_files(list(map(str, paths)), stats, numbers, follows_links)
    found, start = [], 0
    for count in answer[0]:
        found.append(None if count < 0 else numbers[start : start + count].tolist())
        start += max(0, count)
    return found, answer


def written(tmp_path, **texts):
    """Write files; return their paths in order."""
    paths = [tmp_path / name for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_bytes(text)
    return paths


def test_files_of_numbers_are_read_one_behind_the_other(tmp_path: Path):
    """Blank lines, an end without newline and an empty file are plain."""
    paths = written(tmp_path, a=b"1.5\n2.5\n", b=b"", c=b"nan\n\n-3e-5", d=b" 7 \r\n")
    found, (_, checksums, opens, n_bytes) = read(paths)
    assert str(found) == "[[1.5, 2.5], [], [nan, -3e-05], [7.0]]"
    assert (opens, n_bytes) == (4, sum(path.stat().st_size for path in paths))
    cursors = [read_change(str(path), None).cursor for path in paths]
    assert checksums == [one.marks[0].body if one.marks else 0 for one in cursors]


@pytest.mark.parametrize("text", [b"1\nx\n", b"# epoch\n1\n", b"\0\0\0\0", b"1\n2\n\0\0", b"0x1"])
def test_a_line_that_is_no_number_leaves_the_file_to_others(tmp_path: Path, text: bytes):
    """The files beside it are read all the same, and nothing is kept of it."""
    found, _ = read(written(tmp_path, a=b"1\n", b=text, c=b"2\n"))
    assert found == [[1.0], None, [2.0]]


def test_a_file_that_is_not_as_it_was_seen_is_left(tmp_path: Path):
    """Grown, touched, replaced: the ordinary reading finds out what became of it."""
    path = written(tmp_path, a=b"1\n")[0]
    stat = seen(path)
    others = [
        stat._replace(**{name: getattr(stat, name) + 1})
        for name in ("device", "inode", "size", "mtime_ns")
    ]
    assert read([path] * 4, others)[0] == [None] * 4
    assert read([path], [stat])[0] == [[1.0]]


def test_what_is_no_readable_regular_file_is_left(tmp_path: Path):
    """Nothing waits for the writer of a pipe, nothing raises."""
    plain = written(tmp_path, a=b"1\n")[0]
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    names = ["pipe", "folder", "missing"]
    paths = [tmp_path / name for name in names]
    stats = [seen(paths[0]), seen(paths[1]), seen(plain)]
    assert read([*paths, plain], [*stats, seen(plain)])[0] == [None, None, None, [1.0]]


def test_a_link_is_followed_only_where_links_are(tmp_path: Path):
    """Else it might lead out of the watched directory."""
    plain = written(tmp_path, a=b"1\n")[0]
    link = tmp_path / "link"
    link.symlink_to(plain)
    assert read([link])[0] == [None]
    assert read([link], follows_links=True)[0] == [[1.0]]


def test_a_larger_file_is_not_opened(tmp_path: Path):
    """Its fingerprint has edges of their own; its reading is worth a cursor."""
    least, most = written(tmp_path, a=b"1\n" * 32_769, b=b"1\n" * 32_768)
    found, (_, _, opens, _) = read([least, most], room=40_000)
    assert found[0] is None
    assert len(found[1]) == 32_768
    assert opens == 1


def test_too_little_room_is_no_fault(tmp_path: Path):
    """What does not fit is left to others, what does is not disturbed by it."""
    found, _ = read(written(tmp_path, a=b"1\n2\n3\n", b=b"4\n5\n"), room=2)
    assert found == [None, [4.0, 5.0]]
    assert read(written(tmp_path, a=b"1\n"), room=0)[0] == [None]


def test_a_name_that_is_no_text_is_opened(tmp_path: Path):
    """Paths are bytes; those that are no UTF-8 come as the file system's escapes."""
    path = os.fsdecode(os.fsencode(tmp_path) + b"/log_\xff")
    Path(path).write_bytes(b"1\n")
    assert read([path])[0] == [[1.0]]


_LINES = st.lists(
    st.sampled_from([b"0.25", b"1e-5", b"nan", b"", b" 3", b"-inf", b"x", b"1\0", b"9" * 30]),
    max_size=6,
)


@pytest.mark.skipif(cores.NATIVE is None, reason="the compiled core was not built")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.tuples(_LINES, st.booleans()), max_size=5), st.integers(1, 30))
def test_both_cores_take_the_same(tmp_path: Path, contents, room):
    """Numbers to the last bit, checksums, and what it cost."""
    paths = [tmp_path / str(number) for number in range(len(contents))]
    for path, (lines, ends) in zip(paths, contents, strict=True):
        path.write_bytes(b"\n".join(lines) + b"\n" * ends)
    answers = []
    for core in (cores.NATIVE, cores.PYTHON):
        numbers = np.zeros(room)
        stats = [seen(path) for path in paths]
        answers.append(core.read_plain_files(list(map(str, paths)), stats, numbers, False))
        taken = sum(max(0, count) for count in answers[-1][0])
        answers.append(numbers[:taken].tobytes())
    # A number of 30 digits may be left to the twin, and with it the file.
    undecided = any(b"9" * 30 in lines for lines, _ in contents)
    assert undecided or answers[:2] == answers[2:]
