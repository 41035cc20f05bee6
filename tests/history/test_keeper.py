"""The keeper: at most minutes are lost, whatever happens, and nothing waits for it."""

from __future__ import annotations

import os
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from judged_runs import healthy, run_of
from loss_monitor.clock import ManualClock
from loss_monitor.history.archive import SUFFIX, read_files, read_run
from loss_monitor.history.keeper import EVERY_S, FIRST_AFTER_S, Keeper
from loss_monitor.history.store import HALF_AGE_MAX_S, KeptRuns, Retention, source_folder
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.series.tags import TagStore
from loss_monitor.source.found import FileStat, FoundFile
from loss_monitor.source.names import FileKind
from loss_monitor.types import Loading, SourceState


def snapshot(timesteps: int, run_id: str = "run-1", seed: int = 1, **facts: object) -> Snapshot:
    """A version of a run."""
    run = replace(run_of(healthy(timesteps, seed=seed)), id=run_id)
    given = {"counter": timesteps, "changed_at": 1.0, "source": SourceState("/data"), **facts}
    return Snapshot(run=run, tags=TagStore(), **given)  # type: ignore[arg-type]


def found(path: str, size: int) -> FoundFile:
    """A loss file as a look found it."""
    return FoundFile(path, "", FileKind.LOG, None, FileStat(0, 0, size, 10**18, 0))


class Kept:
    """A keeper whose time is moved by hand."""

    def __init__(self, folder: Path, retention: Retention | None = None, files: Any = None) -> None:
        self.clock = ManualClock()
        self.runs = KeptRuns(folder)
        self.told: list[str] = []
        retention = retention or Retention()
        self.keeper = Keeper(self.runs, self.clock, retention, self.told.append, files)

    def after(self, seconds: float) -> list[tuple[str, int]]:
        """Let time pass; return id and timesteps of what is kept."""
        self.clock.advance(seconds)
        self.keeper.save_due()
        return [(one.id, one.timesteps) for one in self.runs.all()]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """A keeper in an empty place."""
    return Kept(tmp_path / "runs")


def test_a_running_run_is_saved_from_time_to_time(kept: Kept) -> None:
    """A minute after its beginning, then every five; a wipe loses no more."""
    kept.keeper.put(snapshot(3))
    assert kept.after(1) == []
    assert kept.after(FIRST_AFTER_S) == [("run-1", 3)]
    kept.keeper.put(snapshot(8))
    assert kept.after(10) == [("run-1", 3)]
    assert kept.after(EVERY_S) == [("run-1", 8)]


def test_what_did_not_change_is_not_written_again(kept: Kept) -> None:
    """A quiet monitor writes nothing."""
    kept.keeper.put(snapshot(3))
    kept.after(FIRST_AFTER_S)
    (path,) = kept.runs.folder.iterdir()
    before = path.stat().st_mtime_ns
    kept.after(EVERY_S)
    kept.after(EVERY_S)
    assert path.stat().st_mtime_ns == before


def test_a_run_that_was_replaced_is_saved_at_once(kept: Kept) -> None:
    """Whole, as it was last seen, beside its successor."""
    kept.keeper.put(snapshot(3))
    kept.keeper.put(snapshot(9))
    kept.keeper.put(snapshot(2, "run-2", seed=2))
    assert kept.after(0) == [("run-1", 9)]
    assert set(kept.after(FIRST_AFTER_S)) == {("run-1", 9), ("run-2", 2)}


def test_at_the_end_everything_is_saved(kept: Kept) -> None:
    """SIGTERM loses nothing."""
    kept.keeper.start()
    kept.keeper.put(snapshot(5))
    kept.keeper.stop()
    kept.keeper.join(20)
    assert [one.timesteps for one in kept.runs.all()] == [5]


def test_what_is_still_being_read_is_not_kept_in_its_place(kept: Kept) -> None:
    """A restart must not write a half-read run over the whole one."""
    kept.keeper.put(snapshot(9))
    kept.after(FIRST_AFTER_S)
    loading = SourceState("/data", loading=Loading(1, 9, 1, 9))
    kept.keeper.put(snapshot(2, source=loading))
    assert kept.after(EVERY_S) == [("run-1", 9)]


def test_a_full_disk_is_told_and_tried_again(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """The monitor goes on; once there is room, the newest state is kept."""
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr("loss_monitor.history.keeper.write_run", full)
        kept.keeper.put(snapshot(3))
        assert kept.after(FIRST_AFTER_S) == []
        assert "No space left on device; it is tried again" in kept.told[0]
    kept.keeper.put(snapshot(4))
    assert kept.after(61) == [("run-1", 4)]


def test_one_run_under_two_names_is_kept_once(kept: Kept) -> None:
    """Where its oldest file was purged while no monitor ran, the run got another name."""
    kept.keeper.put(snapshot(3, "run-old"))
    kept.after(FIRST_AFTER_S)
    later = Kept(kept.runs.folder)
    later.keeper.put(snapshot(9, "run-new"))
    assert later.after(FIRST_AFTER_S) == [("run-new", 9)]


def test_an_older_file_that_cannot_be_deleted_ends_nothing(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another node holds it open, or the file system lost sight of it: the new one is there."""

    unlink = Path.unlink

    def stale(path: Path, *, missing_ok: bool = False) -> None:
        if path.suffix == SUFFIX:
            raise OSError(116, "Stale file handle")
        unlink(path, missing_ok=missing_ok)

    kept.keeper.put(snapshot(3, "run-old"))
    kept.after(FIRST_AFTER_S)
    later = Kept(kept.runs.folder)
    later.keeper.put(snapshot(9, "run-new"))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", stale)
        assert ("run-new", 9) in later.after(FIRST_AFTER_S)


def test_two_monitors_of_one_directory_keep_one_whole_file(tmp_path: Path) -> None:
    """The last to write wins; the file is whole at any time."""
    one, other = Kept(tmp_path), Kept(tmp_path)
    one.keeper.put(snapshot(3))
    other.keeper.put(snapshot(4))
    one.after(FIRST_AFTER_S)
    other.after(FIRST_AFTER_S)
    (kept,) = one.runs.all()
    assert read_run(kept.path).run.n_timesteps == 4


def test_nothing_is_deleted_unless_asked_for(tmp_path: Path) -> None:
    """By age, by size, the oldest first."""
    place = Kept(tmp_path)
    for number in range(4):
        place.keeper.put(snapshot(2, f"run-{number}", seed=number))
        place.after(FIRST_AFTER_S)
        place.clock.advance(86_400)
    assert len(place.runs.all()) == 4
    size = place.runs.all()[0].size_bytes
    gone = place.runs.apply(Retention(age_days=2.5), place.clock.wall_s())
    assert [one.id for one in gone] == ["run-1", "run-0"]
    place.runs.apply(Retention(bytes_max=size + 10), place.clock.wall_s())
    assert [one.id for one in place.runs.all()] == ["run-3"]


def test_what_a_killed_keeper_had_begun_is_deleted_and_nothing_else(kept: Kept) -> None:
    """Not what another monitor writes just now, nor a file of the user's."""
    folder = kept.runs.folder
    folder.mkdir()
    names = [".run-0.npz.4711", ".run-1.npz.4712", ".notes.npz", "run-0.npz.4711"]
    now_s = kept.clock.wall_s()
    for name in names:
        (folder / name).write_bytes(b"PK")
        os.utime(folder / name, (now_s, now_s))
    kept.keeper.put(snapshot(3))
    kept.after(FIRST_AFTER_S)
    assert {*names, "run-1.npz"} == {path.name for path in folder.iterdir()}
    late_s = now_s + HALF_AGE_MAX_S
    os.utime(folder / names[1], (late_s, late_s))
    kept.keeper.put(snapshot(4))
    kept.after(HALF_AGE_MAX_S)
    assert {*names[1:], "run-1.npz"} == {path.name for path in folder.iterdir()}


def test_a_place_that_takes_nothing_is_told_at_once(tmp_path: Path) -> None:
    """While somebody looks, and not when the first run is over."""
    (tmp_path / "file").write_text("")
    kept = Kept(tmp_path / "file" / "runs")
    kept.keeper.start()
    kept.keeper.stop()
    kept.keeper.join(20)
    assert [text.partition(":")[0] for text in kept.told] == [
        f"No run can be kept in {tmp_path / 'file' / 'runs'}"
    ]
    assert "KEEP_DIRECTORY names another place" in kept.told[0]
    good = Kept(tmp_path / "runs")
    good.keeper.start()
    good.keeper.stop()
    good.keeper.join(20)
    assert good.told == []
    assert list((tmp_path / "runs").iterdir()) == []


def test_the_files_of_a_run_are_kept_with_it(tmp_path: Path) -> None:
    """As they were while it was there: of one that was replaced they are gone."""
    files = {"now": [found("/data/log_1979-01-01 00:15:00.txt", 40)]}

    def ask() -> Future[tuple[FoundFile, ...]]:
        answer: Future[tuple[FoundFile, ...]] = Future()
        answer.set_result(tuple(files["now"]))
        return answer

    kept = Kept(tmp_path, files=ask)
    kept.keeper.put(snapshot(3))
    kept.after(FIRST_AFTER_S)
    # The directory is wiped, then a successor begins.
    files["now"] = []
    kept.keeper.put(snapshot(4))
    kept.after(EVERY_S)
    files["now"] = [found("/data/log_1979-01-01 00:30:00.txt", 50)]
    kept.keeper.put(snapshot(1, "run-2", seed=2))
    kept.after(FIRST_AFTER_S)
    (one, other) = (read_files(kept.runs.path_of(name)) for name in ("run-1", "run-2"))
    assert [(file.path, file.stat.size) for file in one] == [
        ("/data/log_1979-01-01 00:15:00.txt", 40)
    ]
    assert [file.stat.size for file in other] == [50]


def test_a_reader_that_does_not_answer_costs_the_list_of_files_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system that hangs: the run is kept all the same."""
    monkeypatch.setattr("loss_monitor.history.keeper.FILES_WITHIN_S", 0.01)
    kept = Kept(tmp_path, files=Future)
    kept.keeper.put(snapshot(3))
    assert kept.after(FIRST_AFTER_S) == [("run-1", 3)]
    assert read_files(kept.runs.path_of("run-1")) == ()


def test_sources_of_equal_names_have_folders_of_their_own(tmp_path: Path) -> None:
    """`data` is what everybody calls it."""
    first = source_folder(tmp_path, "/scratch/a/data", ())
    second = source_folder(tmp_path, "/scratch/b/data", ())
    assert first != second
    assert first.name.startswith("data-")
    assert source_folder(tmp_path, "/scratch/../../etc", ()).parent == tmp_path
