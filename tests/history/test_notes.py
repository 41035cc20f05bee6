"""The file of notes: whole lines, whoever writes at the same time, and whatever stands in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.errors import SettingError
from loss_monitor.history.notes import (
    Note,
    append_note,
    checked_message,
    parse_note,
    place_of,
    resolved,
)
from waiting import DEADLINE_S


def notes_in(path: Path) -> list[Note | None]:
    """All lines of a file."""
    return [parse_note(line) for line in path.read_bytes().splitlines()]


def test_a_note_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """With its place, in a file that is its owner's alone."""
    path = tmp_path / "state" / "notes.jsonl"
    notes = [
        Note("lr halved – again", "/data", 12.5),
        Note("a", "/data", 13.0, step=4),
        Note("b", "/data", 14.0, model_time=(1979, 1, 1, 0, 15, 0, 0)),
        Note("c", "/logs/LOG.exp.x.run.1.o", 15.0, wall_time_s=3.5, newest_step=9),
    ]
    for note in notes:
        append_note(path, note)
    assert notes_in(path) == notes
    assert path.stat().st_mode & 0o777 == 0o600


def test_many_writers_lose_no_note(tmp_path: Path) -> None:
    """Two terminals, or a script beside them."""
    path = tmp_path / "notes.jsonl"
    program = (
        "import sys; from pathlib import Path; from loss_monitor.history.notes import *\n"
        "for n in range(50): append_note(Path(sys.argv[1]), Note('x' * 300, sys.argv[2], float(n)))"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(path), str(number)])
        for number in range(4)
    ]
    assert [writer.wait(DEADLINE_S) for writer in writers] == [0] * 4
    found = notes_in(path)
    assert len(found) == 200
    assert None not in found


def test_a_line_that_was_cut_short_costs_no_later_note(tmp_path: Path) -> None:
    """A disk was full in the middle of it."""
    path = tmp_path / "notes.jsonl"
    path.write_bytes(b'{"message":"half')
    append_note(path, Note("whole", "/data", 1.0))
    assert notes_in(path) == [None, Note("whole", "/data", 1.0)]


@given(st.binary(max_size=80) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["message", "source", "written_s", "step", "model_time"]), inner),
    max_leaves=9,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_line_makes_it_raise(line: bytes) -> None:
    """Users edit the file: a note that is deleted is gone."""
    note = parse_note(line)
    assert note is None or note.message.isprintable()


@pytest.mark.parametrize("step", [10**30, -(10**30), -1, True, 1.5, "1"])
def test_a_step_that_no_run_has_is_no_place(step: object) -> None:
    """A number beyond 64 bits, put in by hand, ended the reading."""
    row = {"message": "x", "source": "/data", "written_s": 1.0, "step": step, "newest_step": step}
    assert parse_note(json.dumps(row).encode()) == Note("x", "/data", 1.0)


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-1e999"])
def test_a_note_of_no_moment_is_none(written: str) -> None:
    """Python's JSON reads them all."""
    line = f'{{"message": "x", "source": "/data", "written_s": {written}}}'
    assert parse_note(line.encode()) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("120", {"step": 120}),
        ("1979-01-01 00:15:00", {"model_time": (1979, 1, 1, 0, 15, 0, 0)}),
        ("1970-01-01T01:00:00+01:00", {"wall_time_s": 0.0}),
        ("1970-01-01T00:00:01Z", {"wall_time_s": 1.0}),
        (None, {}),
    ],
)
def test_a_place_is_a_step_a_model_time_or_a_wall_time(
    text: str | None, place: dict[str, object]
) -> None:
    """A zone tells a wall time from a model time."""
    assert place_of(text) == place


@pytest.mark.parametrize("text", ["", "yesterday", "-3", "1979-13-01 00:00:00", "12:00"])
def test_another_place_is_refused_with_what_is_allowed(text: str) -> None:
    """Rather than put somewhere."""
    with pytest.raises(SettingError, match=r"--at is .* allowed is a step, a model time"):
        place_of(text)


@pytest.mark.parametrize("text", ["", "  ", "x" * 401, "a\x1b[2J", "a\u202eb"])
def test_a_message_that_cannot_be_shown_is_refused(text: str) -> None:
    """It stands in charts, logs and terminals."""
    with pytest.raises(SettingError, match="allowed is a text of 1 to 400"):
        checked_message(text)
    assert checked_message(" two\n lines ") == "two lines"


def test_all_ways_to_a_place_lead_to_one_name(tmp_path: Path) -> None:
    """Links, dots, relative paths; a log's own name stays."""
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")
    (tmp_path / "data" / "LOG.exp.a.run.1.o").symlink_to("elsewhere")
    real = os.path.realpath(tmp_path / "data")
    assert resolved(str(tmp_path / "link")) == real
    assert resolved(str(tmp_path / "link" / ".." / "data" / "")) == real
    log = resolved(str(tmp_path / "link" / "LOG.exp.a.run.1.o"))
    assert log == os.path.join(real, "LOG.exp.a.run.1.o")
