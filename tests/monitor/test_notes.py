"""Notes become marks: of the right run, at the right timestep, within a look."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loss_monitor.history.notes import Note, append_note, resolved
from loss_monitor.types import Mark

if TYPE_CHECKING:
    from conftest import Watched

BEGAN_S = 1_700_000_000.0


class Noted:
    """A run of ten timesteps, one every 100 s, and the file of notes."""

    def __init__(self, folder: Path, make_watched: type[Watched]) -> None:
        self.notes_file = folder / "state" / "notes.jsonl"
        self.data = folder / "data"
        self.data.mkdir()
        self.watched = make_watched(self.data, notes_file=self.notes_file)
        self.write(10)

    def write(self, timesteps: int, began_s: float = BEGAN_S) -> None:
        """Write timesteps of three losses."""
        for number in range(1, timesteps + 1):
            log = self.watched.log(number)
            log.write_text("0.5\n0.4\n0.3\n")
            os.utime(log, (began_s + 100 * number, began_s + 100 * number))

    def note(self, message: str, written_s: float, **place: object) -> None:
        """Write a note."""
        note = Note(message, resolved(str(self.data)), written_s, **place)  # type: ignore[arg-type]
        append_note(self.notes_file, note)

    def marks(self) -> list[tuple[str, int | None]]:
        """Message and minute of model time of all notes."""
        run = self.watched.look().run
        found: list[Mark] = [mark for mark in run.marks if mark.kind == "note"]
        return [(mark.message, mark.key[4] if mark.key else None) for mark in found]


@pytest.fixture
def noted(tmp_path: Path, make_watched: type[Watched]) -> Noted:
    """A run and its notes."""
    return Noted(tmp_path, make_watched)


def test_a_line_that_is_no_note_hides_none_of_those_behind_it(noted: Noted) -> None:
    """However long it is."""
    noted.note("before", BEGAN_S + 450)
    with noted.notes_file.open("a") as file:
        file.write("{" * 10_000_000 + "\n")
    noted.note("behind", BEGAN_S + 550)
    assert [message for message, _ in noted.marks()] == ["before", "behind"]


def test_a_note_stands_at_the_newest_timestep_of_its_time(noted: Noted) -> None:
    """Of the run as it was then, also for a monitor that starts later."""
    noted.note("in the middle", BEGAN_S + 450)
    noted.note("at the end", BEGAN_S + 5000)
    noted.note("before the first", BEGAN_S + 60)
    expected = [("in the middle", 4), ("at the end", 10), ("before the first", None)]
    assert noted.marks() == expected
    snapshot = noted.watched.monitor.snapshot
    told = [(one.message, one.time) for one in snapshot.activity if one.kind == "note"]
    assert ("Note: in the middle", BEGAN_S + 450) in told
    assert len(told) == 3
    noted.watched.log(11).write_text("0.5\n")
    assert noted.marks()[:2] == expected[:2]
    again = [one for one in noted.watched.monitor.snapshot.activity if one.kind == "note"]
    assert len(again) == 3


def test_a_new_note_is_shown_by_the_next_look(noted: Noted) -> None:
    """Without any change of the data, and without making them look new."""
    assert noted.marks() == []
    before = noted.watched.monitor.snapshot
    noted.note("now", BEGAN_S + 2000)
    assert noted.marks() == [("now", 10)]
    after = noted.watched.monitor.snapshot
    assert after.counter > before.counter
    assert after.changed_at == before.changed_at


def test_a_quiet_look_costs_one_stat_and_opens_nothing(noted: Noted) -> None:
    """However many notes there are."""
    noted.note("now", BEGAN_S + 2000)
    noted.marks()
    for _ in range(20):
        noted.watched.look(5)
    before = noted.watched.monitor.snapshot.source.io
    after = noted.watched.look(5).source.io
    assert after.opens == before.opens


def test_a_note_is_put_where_its_writer_says(noted: Noted) -> None:
    """A batch, a model time, a wall time."""
    late_s = BEGAN_S + 9000
    noted.note("step", late_s, step=5)
    noted.note("model time", late_s, model_time=(1979, 1, 1, 0, 3, 30, 0))
    noted.note("wall time", late_s, wall_time_s=BEGAN_S + 720)
    noted.note("beyond", late_s, step=1000)
    assert noted.marks() == [("step", 2), ("model time", 3), ("wall time", 7), ("beyond", 10)]
    marks = noted.watched.monitor.snapshot.run.marks
    assert [mark.wall_time - BEGAN_S for mark in marks] == [200, 300, 720, 1000]


def test_notes_of_an_earlier_run_are_not_of_the_next_one(noted: Noted) -> None:
    """The directory is the same, the run is another; its own notes are there."""
    noted.note("first run", BEGAN_S + 500)
    assert noted.marks() == [("first run", 5)]
    shutil.rmtree(noted.data)
    assert noted.marks() == [("first run", 5)]
    noted.data.mkdir()
    noted.write(3, began_s=BEGAN_S + 10_000)
    assert noted.marks() == []
    noted.note("about to start", BEGAN_S + 10_070)
    noted.note("second run", BEGAN_S + 10_250)
    assert noted.marks() == [("about to start", None), ("second run", 2)]


def test_notes_of_other_places_are_left_alone(noted: Noted) -> None:
    """One file holds the notes of all."""
    for place in ("/another/place", str(noted.data / "a run inside"), str(noted.data.parent)):
        append_note(noted.notes_file, Note("elsewhere", place, BEGAN_S + 500))
    with noted.notes_file.open("ab") as file:
        file.write(b"no note at all\n\xff\xfe\n{}\n")
    noted.note("here", BEGAN_S + 500)
    assert noted.marks() == [("here", 5)]


def test_a_note_that_is_deleted_is_gone(noted: Noted) -> None:
    """The file is its owner's, to be edited."""
    noted.note("a slip", BEGAN_S + 500)
    noted.note("right", BEGAN_S + 600)
    assert len(noted.marks()) == 2
    lines = noted.notes_file.read_bytes().splitlines(keepends=True)
    noted.notes_file.write_bytes(lines[1])
    assert noted.marks() == [("right", 6)]
    noted.notes_file.unlink()
    assert noted.marks() == []
    noted.note("again", BEGAN_S + 700)
    assert noted.marks() == [("again", 7)]


def test_a_half_written_line_is_waited_for(noted: Noted) -> None:
    """A note is shown when its newline has come."""
    noted.note("whole", BEGAN_S + 500)
    whole = noted.notes_file.read_bytes()
    noted.notes_file.write_bytes(whole[:40])
    assert noted.marks() == []
    with noted.notes_file.open("ab") as file:
        file.write(whole[40:])
    assert noted.marks() == [("whole", 5)]


def test_a_note_about_a_log_is_at_the_step_that_was_the_newest(
    tmp_path: Path, make_watched: type[Watched]
) -> None:
    """Lines of a job log have no time of their own; later logs of the experiment share notes."""
    line = " 0:  INFO(messe): [rank=0] step={} loss=0.5\n"
    for job, first in ((1, 0), (2, 20)):
        log = tmp_path / f"LOG.exp.a.run.{job}.o"
        log.write_text("".join(line.format(step) for step in range(first, first + 20)))
    notes_file = tmp_path / "notes.jsonl"
    log = str(tmp_path / "LOG.exp.a.run.2.o")
    append_note(notes_file, Note("here", resolved(log), 1.0, newest_step=25))
    append_note(notes_file, Note("put", resolved(log), 1.0, step=7))
    append_note(notes_file, Note("other", resolved(log.replace(".a.", ".b.")), 1.0, step=7))
    for pattern in ("LOG.exp.a.run.*.o", "LOG.exp.a.run.1.o", ""):
        watched = make_watched(tmp_path, [str(tmp_path / pattern)], notes_file=notes_file)
        marks = [mark for mark in watched.look().run.marks if mark.kind == "note"]
        assert {(mark.message, mark.key) for mark in marks} >= {("here", (25,)), ("put", (7,))}
        assert ("other" in {mark.message for mark in marks}) == (pattern == "")
