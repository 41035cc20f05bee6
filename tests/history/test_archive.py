"""Kept runs: what comes back is what was kept, to the bit."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judged_runs import healthy, run_of, timestep
from loss_monitor.errors import MonitorError
from loss_monitor.history.archive import HEADER, read_files, read_header, read_run, write_run
from loss_monitor.series.figures import figures
from loss_monitor.series.run import Run
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.series.stored import stored
from loss_monitor.series.tags import TagStore
from loss_monitor.source.found import FileStat, FoundFile
from loss_monitor.source.names import FileKind
from loss_monitor.types import (
    ActivityEntry,
    Alert,
    Attempt,
    Evidence,
    Mark,
    SourceState,
    Timestep,
)

LOSSES = st.floats(allow_nan=True, allow_infinity=True)


def snapshot_of(run: Run, tags: TagStore | None = None, **facts: object) -> Snapshot:
    """A snapshot with something of everything."""
    evidence = Evidence((float("nan"), 0.5), "T", 3, "/data/log.txt", 4)
    alert = Alert(7, "spike", "warning", "a spike", 1.0, 2.0, None, evidence)
    entry = ActivityEntry(3, 5.0, "warning", "refused", "bad line", "log.txt", 4, None, "row", True)
    source = SourceState("/data/run", ("/logs/LOG.1.o",), exists=True)
    given = {"activity": (entry,), "alerts": (alert,), **facts}
    return Snapshot(9, 123.5, run, tags or TagStore(), source, **given)  # type: ignore[arg-type]


def kept_again(path: Path, snapshot: Snapshot) -> Snapshot:
    """Write and read."""
    write_run(path, snapshot, 1000.0)
    return read_run(path)


def rows(run: Run) -> list[object]:
    """All that is known of each timestep, comparable."""
    steps = [run.timestep(index) for index in range(run.n_timesteps)]
    return [(step.values.tobytes(), *_facts(step)) for step in steps]


def _facts(step: Timestep) -> list[object]:
    names = [name for name in step._fields if name != "values"]
    return [getattr(step, name) for name in names]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(LOSSES, max_size=6), min_size=1, max_size=12),
    st.sampled_from(["batch", "epoch", "rank"]),
    st.booleans(),
)
def test_a_run_comes_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, series: list[list[float]], unit: str, complete: bool
) -> None:
    """Values, NaN payloads aside, facts, figures: equal."""
    run = run_of(series, unit=unit, complete=complete, summary=(("Mean Loss", 0.5), ("x", "y")))
    run = run.with_attempts([Attempt("job 1", 1.0, 2.0, "timed_out"), Attempt("job 2", 3.0)], 4)
    run = run.with_marks((Mark("checkpoint", run.keys[0], 1.0, "saved", "LOG", 5),))
    path = tmp_path_factory.mktemp("kept") / "run.npz"
    before = snapshot_of(run)
    after = kept_again(path, before)
    assert rows(after.run) == rows(run)
    assert (after.run.id, after.run.label) == (run.id, run.label)
    assert (after.run.attempts, after.run.marks) == (run.attempts, run.marks)
    assert after.run.dropped == 4
    assert repr(figures(after.run)) == repr(figures(run))
    assert repr(after.alerts) == repr(before.alerts)
    assert after.activity == before.activity


def test_steps_of_a_job_log_come_back(tmp_path: Path) -> None:
    """Keys of one number, labels without a model time."""
    steps = [
        timestep(0, [0.5, 0.25])._replace(key=(n,), label=f"step {n}", model_fields=())
        for n in (3, 7, 12)
    ]
    run = Run.empty("log", "experiment").put(steps)
    assert rows(kept_again(tmp_path / "run.npz", snapshot_of(run)).run) == rows(run)


def test_marks_attempts_and_what_was_dropped_come_back(tmp_path: Path) -> None:
    """With all of their places; a run that dropped nothing has nothing."""
    run = run_of(healthy(4))
    marks = [
        Mark("rollback", run.keys[2], 1.0, "back", "LOG", 5, 77, "warning", run.keys[1]),
        Mark("note", None, 2.0, "lr halved"),
    ]
    old = [timestep(1, [0.5, np.nan], attempt=0), timestep(2, [np.nan], attempt=0)]
    run = run.with_marks(marks).with_attempts([Attempt("job 7", 0.0, 2.0, "failed", 7)], 2)
    run = replace(run, superseded=run.superseded.with_timesteps(old))
    after = kept_again(tmp_path / "run.npz", snapshot_of(run)).run
    assert (after.marks, after.attempts) == (run.marks, run.attempts)
    assert repr(after.superseded) == repr(run.superseded)
    assert len(after.superseded) == 2
    plain = kept_again(tmp_path / "plain.npz", snapshot_of(run_of(healthy(2)))).run
    assert plain.superseded == run_of([]).superseded


def test_a_file_from_before_marks_had_places_is_still_read(tmp_path: Path) -> None:
    """What it does not hold is not known."""
    path = tmp_path / "run.npz"
    run = run_of(healthy(2)).with_marks([Mark("rollback", (1979, 1, 1, 0, 0, 0, 0), 1.0, "back")])
    write_run(path, snapshot_of(run.with_attempts([Attempt("job 7", 1.0)])), 1000.0)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if "superseded" not in name}
    header = json.loads(arrays["header"].tobytes())
    for mark in header["run"]["marks"]:
        for name in ("offset", "level", "from_key"):
            del mark[name]
    del header["run"]["attempts"][0]["job"]
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(path, **arrays)
    after = read_run(path).run
    (mark,) = after.marks
    assert (mark.message, mark.offset, mark.from_key, mark.level) == ("back", None, None, "info")
    assert (after.attempts[0].job, len(after.superseded)) == (None, 0)


def test_tags_and_histograms_come_back(tmp_path: Path) -> None:
    """Each file's columns, of their own value types, in the order of the file."""
    tags = TagStore().put_points("rank 0", "LOG", {"job/grad": ([3, 1, 2], [0.1, 0.2, 0.3])}, 5.0)
    tags = tags.put_points("rank 1", "LOG", {"job/grad": ([1], [0.5])}, 6.0)
    after = kept_again(tmp_path / "run.npz", snapshot_of(run_of(healthy(3)), tags)).tags
    before = [(s.tb_run, s.file, s.tag, s.points and s.points.steps.tolist()) for s in stored(tags)]
    found = [(s.tb_run, s.file, s.tag, s.points and s.points.steps.tolist()) for s in stored(after)]
    assert found == before
    series = after.series("rank 0", "job/grad", "all")
    assert series.values.tolist() == [0.1, 0.2, 0.3]
    assert series.values.dtype == np.float64


def test_a_list_of_runs_reads_headers_only(tmp_path: Path) -> None:
    """What the picker shows costs no arrays."""
    path = tmp_path / "run.npz"
    write_run(path, snapshot_of(run_of(healthy(20))), 1000.0)
    kept = read_header(path)
    assert (kept.id, kept.timesteps, kept.batches) == ("run", 20, 800)
    assert kept.directory == "/data/run"
    assert kept.size_bytes == path.stat().st_size


@pytest.mark.parametrize("damage", ["empty", "rubbish", "cut", "another version", "no header"])
def test_a_file_that_is_none_of_ours_is_told_by_name(tmp_path: Path, damage: str) -> None:
    """And left as it is: it may be anything of the user's."""
    path = tmp_path / "run.npz"
    write_run(path, snapshot_of(run_of(healthy(20))), 1000.0)
    whole = path.read_bytes()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "rubbish":
        path.write_bytes(b"rubbish" * 100)
    elif damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "no header":
        np.savez(path, x=np.zeros(3))
    else:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays.pop(HEADER).tobytes())
        text = json.dumps({**header, "version": 99}).encode()
        np.savez(path, **{HEADER: np.frombuffer(text, np.uint8), **arrays})
    for read in (read_run, read_header):
        with pytest.raises(MonitorError, match=str(path)):
            read(path)
    assert path.exists()


def test_no_damage_makes_the_reading_raise_anything_else(tmp_path: Path) -> None:
    """Each byte of a zip's own records in turn: versions, encryption, compression, sizes."""
    path = tmp_path / "run.npz"
    write_run(path, snapshot_of(run_of(healthy(2))), 1000.0)
    whole = path.read_bytes()
    directory = whole.index(b"PK\x01\x02")
    for at in [*range(64), *range(directory, directory + 46), *range(len(whole) - 22, len(whole))]:
        for byte in (1, 8, 255):
            path.write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
            for read in (read_run, read_header, read_files):
                with contextlib.suppress(MonitorError):
                    read(path)


def test_a_header_that_lacks_a_field_is_told_by_name(tmp_path: Path) -> None:
    """One such file ended the keeping of all runs beside it."""
    path = tmp_path / "run.npz"
    write_run(path, snapshot_of(run_of(healthy(2))), 1000.0)
    with np.load(path) as file:
        header = json.loads(file[HEADER].tobytes())
    del header["run"]["first"]
    np.savez(path, **{HEADER: np.frombuffer(json.dumps(header).encode(), np.uint8)})
    with pytest.raises(MonitorError, match=str(path)):
        read_header(path)


def test_a_file_that_two_watches_found_is_kept_under_both_kinds(tmp_path: Path) -> None:
    """A pattern of job logs may mean all files of the watched directory."""
    path, stat = tmp_path / "run.npz", FileStat(0, 0, 1, 10**18, 0)
    files = [
        FoundFile("/data/a", "", kind, None, stat) for kind in (FileKind.LOG, FileKind.JOB_LOG)
    ]
    write_run(path, snapshot_of(run_of(healthy(2))), 1000.0, files)
    assert [one.kind for one in read_files(path)] == [FileKind.LOG, FileKind.JOB_LOG]


def test_a_write_that_fails_leaves_the_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs the newest minutes, not the run."""
    path = tmp_path / "run.npz"
    write_run(path, snapshot_of(run_of(healthy(5))), 1000.0)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("loss_monitor.history.archive.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_run(path, snapshot_of(run_of(healthy(9))), 2000.0)
    assert read_run(path).run.n_timesteps == 5
    assert [one.name for one in tmp_path.iterdir()] == ["run.npz"]


def test_files_come_back_whatever_their_names_are(tmp_path: Path) -> None:
    """Bytes that are no text, too; of very many the newest."""
    stat = FileStat(1, 2, 30, 4 * 10**18, 0o100644)
    names = ["/d/log_1979-01-01 00:15:00.txt", "/d/runs/a/events.out.tfevents.1\udcff"]
    kinds = [FileKind.LOG, FileKind.EVENT]
    files = [FoundFile(name, "", kind, None, stat) for name, kind in zip(names, kinds, strict=True)]
    path = tmp_path / "run.npz"
    write_run(path, snapshot_of(run_of(healthy(3))), 1000.0, files)
    back = read_files(path)
    assert [(one.path, one.kind, one.stat.size, one.stat.mtime_ns) for one in back] == [
        (name, kind, 30, 4 * 10**18) for name, kind in zip(names, kinds, strict=True)
    ]
    assert back[0].model_time is not None
    assert read_run(path).run.n_timesteps == 3


def test_parameters_come_back_and_older_files_have_none(tmp_path: Path) -> None:
    """What was written before they existed is read all the same."""
    path = tmp_path / "run.npz"
    run = replace(run_of(healthy(3)), params=(("lr", "3e-4"), ("seed", "1")))
    write_run(path, snapshot_of(run), 1000.0)
    assert read_run(path).run.params == read_header(path).params == run.params
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "files"}
    header = json.loads(arrays.pop(HEADER).tobytes())
    del header["run"]["params"], header["host"]
    np.savez(path, **{HEADER: np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays})
    assert read_run(path).run.params == read_header(path).params == ()
    assert read_files(path) == ()
