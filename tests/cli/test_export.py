"""`loss-monitor export`: real commands over real files, of what is there and of what was kept."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from loss_monitor.history.archive import read_run
from waiting import DEADLINE_S


def run_command(
    folder: Path, *words: str, file_bytes_max: int | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the command with a state of its own; no file of it may be larger than given."""

    def limit() -> None:
        if file_bytes_max is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes_max, file_bytes_max))

    kept = {name: value for name, value in os.environ.items() if "LOSS_MONITOR" not in name}
    return subprocess.run(
        [sys.executable, "-m", "loss_monitor", *words],
        env={**kept, "XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)},
        capture_output=True, timeout=DEADLINE_S, check=False, preexec_fn=limit,
    )  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three timesteps with a NaN, described and noted."""
    folder = tmp_path / "data"
    folder.mkdir()
    for number, text in enumerate(("0.5\n0.25\n", "nan\n0.125\n", "0.0625\n")):
        (folder / f"log_1979-01-01 0{number}:00:00.txt").write_text(text)
    (folder / "run.toml").write_text("label = 'wide net'\n[params]\nlr = 1\n")
    assert run_command(tmp_path, "note", "here", str(folder), "--at", "2").returncode == 0
    return folder


def test_a_source_is_written_as_netcdf(data: Path, tmp_path: Path) -> None:
    """With the provenance that only a reading knows."""
    path = tmp_path / "run.nc"
    done = run_command(tmp_path, "export", str(data), "-o", str(path), "--param", "seed=7")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().startswith(f"{path}: ")
    with xr.open_dataset(path) as found:
        losses = [0.5, 0.25, np.nan, 0.125, 0.0625]
        np.testing.assert_array_equal(found.loss.values, losses)
        assert found.attrs["params"] == "lr=1, seed=7"
        assert found.attrs["directory"] == str(data)
        assert "losses: 3 files" in found.attrs["files"]
        assert len(found.attrs["losses_sha256"]) == 64
        assert found.mark_message.values.tolist() == ["here"]
        assert found.mark_timestep.values.tolist() == [0]


def test_a_kept_run_is_written_by_its_id_and_by_its_file(data: Path, tmp_path: Path) -> None:
    """The same as it was while its directory was there."""
    live, by_id, by_file = (tmp_path / f"{name}.nc" for name in ("live", "id", "file"))
    assert run_command(tmp_path, "export", str(data), "-o", str(live)).returncode == 0
    kept = Path(run_command(tmp_path, "keep", str(data)).stdout.decode().partition(": ")[0])
    for file in data.iterdir():
        file.unlink()
    data.rmdir()
    assert run_command(tmp_path, "export", kept.stem, "-o", str(by_id)).returncode == 0
    assert run_command(tmp_path, "export", str(kept), "-o", str(by_file)).returncode == 0
    with xr.open_dataset(live) as before:
        for path in (by_id, by_file):
            with xr.open_dataset(path) as after:
                xr.testing.assert_equal(before, after)
                assert after.attrs["losses_sha256"] == before.attrs["losses_sha256"]
                assert after.attrs["kept_run"] == str(kept)


@pytest.mark.parametrize("what", ["batches", "timesteps", "scalars", "marks", "run"])
def test_tables_are_those_of_the_interface(data: Path, tmp_path: Path, what: str) -> None:
    """To a file or to the screen, in both formats, with as many rows."""
    words = ("export", str(data), "--what", what, "-o")
    shown = run_command(tmp_path, *words, "-", "--format", "csv").stdout.decode()
    rows = list(csv.reader(io.StringIO(shown)))
    path = tmp_path / "table.json"
    assert run_command(tmp_path, *words, str(path)).returncode == 0
    table = json.loads(path.read_text())
    assert rows[0] == table["columns"]
    assert len(rows) - 1 == len(table["data"])
    expected = {"batches": 5, "timesteps": 3, "scalars": 0, "marks": 1}
    assert len(table["data"]) == expected.get(what, len(table["data"]))
    if what == "run":
        assert dict(table["data"])["param.lr"] == "1"
        assert dict(table["data"])["label"] == "wide net"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "x.dat"], "does not tell the format"),
        (["-o", "x.nc", "--what", "marks"], "NetCDF holds the whole run"),
        (["-o", "-", "--format", "netcdf"], "NetCDF needs a file"),
        (["-o", "missing/x.csv"], "cannot be written: No such file"),
        (["-o", "missing/x.nc"], "cannot be written: "),
        (["-o", "\udcff.nc"], "is no path in UTF-8"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    data: Path, tmp_path: Path, words: list[str], told: str
) -> None:
    """In one sentence, with the exit code of usage."""
    given = [str(tmp_path / word) if word.startswith(("x.", "missing")) else word for word in words]
    done = run_command(tmp_path, "export", str(data), *given)
    assert done.returncode == 2
    assert told in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_run_that_is_not_kept_is_told(tmp_path: Path) -> None:
    """With where it was looked for, and what else can be done."""
    done = run_command(tmp_path, "export", "20260703T120000Z-1", "-o", str(tmp_path / "x.nc"))
    assert done.returncode == 1
    assert "no run 20260703T120000Z-1 is kept below" in done.stderr.decode()
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run_command(tmp_path, "export", str(empty), "-o", str(tmp_path / "x.nc")).returncode == 6


@pytest.mark.parametrize("name", ["run.nc", "run.csv"])
def test_what_the_disk_does_not_take_leaves_the_older_file(
    data: Path, tmp_path: Path, name: str
) -> None:
    """Told in one sentence; nothing half written stays."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / name).write_text("older")
    for number in range(1000):
        with (data / "log_1979-01-01 00:00:00.txt").open("a") as file:
            file.write(f"0.{number}\n")
    words = ("export", str(data), "-o", str(folder / name))
    done = run_command(tmp_path, *words, file_bytes_max=2000)
    assert done.returncode == 2
    assert b"cannot be written: " in done.stderr
    assert b"Traceback" not in done.stderr
    assert [one.name for one in folder.iterdir()] == [name]
    assert (folder / name).read_text() == "older"


@pytest.mark.parametrize(
    ("command", "expected"), [("export", b"batch,timestep_index,"), ("report", b"<!DOCTYPE html>")]
)
def test_a_pipe_is_written_to_and_stays(
    data: Path, tmp_path: Path, command: str, expected: bytes
) -> None:
    """As `/dev/stdout` is, which a file of that name would take the place of."""
    pipe = tmp_path / "out.csv"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        done = run_command(tmp_path, command, str(data), "-o", str(pipe))
        if done.returncode or not pipe.is_fifo():
            reader.kill()  # Nobody opened the pipe, and it would wait for ever.
        text = reader.communicate(timeout=30)[0]
    assert done.returncode == 0, done.stderr
    assert pipe.is_fifo()
    assert text.lstrip().lower().startswith(expected.lower())
    told = run_command(tmp_path, "export", str(data), "-o", str(pipe), "--format", "netcdf")
    assert told.returncode == 2
    assert b"NetCDF needs a file" in told.stderr


def test_a_link_stays_and_what_it_leads_to_is_replaced(data: Path, tmp_path: Path) -> None:
    """So that `newest.csv` goes on to lead to another folder."""
    (tmp_path / "far").mkdir()
    link = tmp_path / "newest.csv"
    link.symlink_to("far/run.csv")
    assert run_command(tmp_path, "export", str(data), "-o", str(link)).returncode == 0
    assert link.is_symlink()
    assert len((tmp_path / "far" / "run.csv").read_text().splitlines()) == 6


def test_a_pattern_of_several_runs_is_refused_but_kept_whole(tmp_path: Path) -> None:
    """Rather than the first of them written; `keep` makes a file for each."""
    line = " 0:  INFO(messe): [rank=0] step=1 loss=0.5\n 0:  INFO(messe): [rank=0] step=2 loss=1\n"
    for name in ("a", "b"):
        (tmp_path / f"LOG.exp.{name}.run.1.o").write_text(line)
    words = ("-o", str(tmp_path / "x.csv"), "--what", "run")
    done = run_command(tmp_path, "export", str(tmp_path / "LOG.exp.*.o"), *words)
    assert done.returncode == 2
    assert b"means 2 runs; name one" in done.stderr
    assert run_command(tmp_path, "export", str(tmp_path / "LOG.exp.a.*.o"), *words).returncode == 0
    told = run_command(tmp_path, "keep", str(tmp_path / "LOG.exp.*.o")).stdout.decode()
    kept = [read_run(Path(line.partition(": ")[0])).run.label for line in told.splitlines()]
    assert kept == ["a", "b"]
