"""NetCDF files: what the tools of the field make of them, and that nothing is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from judged_runs import healthy, run_of, timestep
from loss_monitor.errors import MonitorError
from loss_monitor.export.netcdf import write_netcdf
from loss_monitor.model_time import ModelTime
from loss_monitor.series.histograms import Histogram, HistogramColumn, pack
from loss_monitor.series.run import Run
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.series.tags import TagStore
from loss_monitor.types import Alert, Attempt, Evidence, Mark, SourceState
from waiting import DEADLINE_S


def whole_run() -> Run:
    """Twelve timesteps with NaN and infinity, two attempts, a note, a label, parameters."""
    series = [values.copy() for values in healthy(12, 5)]
    series[3][1], series[7][2] = np.nan, np.inf
    series[5] = series[5][:2]
    run = run_of(series)
    run = run.with_attempts([Attempt("job 1", 1e9, 1e9 + 9, "timed_out"), Attempt("job 2", 2e9)])
    marks = (
        Mark("note", run.keys[4], 1e9 + 16, "größer 'x'"),
        Mark("rollback", None, 0.0, "", from_key=run.keys[2]),
    )
    return replace(run.with_marks(marks), label="wide net", params=(("lr", "3e-4"), ("net/d", "2")))


def tagged() -> TagStore:
    """Two tags with a step done again, and histograms of two steps."""
    tags = TagStore().put_points(
        "a", "events.1", {"Loss": ([1, 2, 3, 2], [4.0, 3.0, 9.0, 2.0])}, 5.0
    )
    tags = tags.put_points("b", "events.2", {"lr": ([7], [0.5])}, 6.0)
    edges = np.array([0.0, 1.0, 2.0])
    packed = [
        pack(Histogram(step, 5.0, 0.0, 2.0, 4.0, 4.0, 6.0, edges, np.array([2.0, 2.0])))
        for step in (1, 2)
    ]
    return tags.with_columns("c", "events.3", {}, {"w": HistogramColumn().append(packed)})


def written(path: Path, run: Run, tags: TagStore | None = None, **facts: str) -> Path:
    """A NetCDF file of a run."""
    alert = Alert(1, "non-finite", "error", "1 NaN", 1e9, 1e9, None, Evidence((), "T", 1, "log"))
    source = SourceState("/data/run")
    write_netcdf(path, Snapshot(1, 1.0, run, tags or TagStore(), source, (), (alert,)), facts)
    return path


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A file with everything that there can be."""
    return written(tmp_path / "run.nc", whole_run(), tagged(), history="made by hand")


def test_xarray_reads_all_figures_to_the_bit(whole: Path) -> None:
    """Losses with their NaN and infinity, the figures of timesteps, their times."""
    run = whole_run()
    with xr.open_dataset(whole) as found:
        np.testing.assert_array_equal(found.loss.values, run.values())
        for name in ("mean", "std", "min", "max", "first", "last"):
            column = getattr(run.table, name)
            np.testing.assert_array_equal(found[f"loss_{name}"].values, column)
        assert str(found.time.values[5]) == "1979-01-01T01:15:00.000000000"
        assert str(found.wall_time.values[0]) == "2001-09-09T01:46:40.000000000"
        assert found.attempt_label.values.tolist() == ["job 1", "job 2"]
        assert str(found.attempt_ended.values[1]) == "NaT"
        assert found.mark_message.values.tolist() == ["größer 'x'", ""]
        assert found.mark_timestep.values.tolist() == [4, -1]
        assert found.mark_from_timestep.values.tolist() == [-1, 2]
        assert found.alert_rule.values.tolist() == ["non-finite"]
        assert found.sel(time="1979-01-01T00:45").batch_count == 5


def test_losses_are_a_contiguous_ragged_array(whole: Path) -> None:
    """CF 1.11, 9.3.3: the count variable names its sample dimension, and counts sum to it."""
    run = whole_run()
    with xr.open_dataset(whole) as found:
        counts = found.batch_count
        assert counts.attrs["sample_dimension"] == "batch"
        assert counts.dims == ("time",)
        assert int(counts.sum()) == found.sizes["batch"]
        first = int(counts[:7].sum())
        part = found.loss[first : first + int(counts[7])]
        np.testing.assert_array_equal(part.values, run.values_of(7))


def test_the_file_tells_what_it_is(whole: Path) -> None:
    """Conventions, title, parameters under names that every tool takes, provenance."""
    with xr.open_dataset(whole) as found:
        attributes = found.attrs
    assert attributes["Conventions"] == "CF-1.11"
    assert attributes["title"] == "wide net"
    assert attributes["params"] == "lr=3e-4, net/d=2"
    assert (attributes["param_lr"], attributes["param_net_d"]) == ("3e-4", "2")
    assert attributes["history"] == "made by hand"
    assert "featureType" not in attributes


def test_tags_and_histograms_are_ragged_arrays(whole: Path) -> None:
    """A step that was done again counts once, as in charts."""
    with xr.open_dataset(whole) as found:
        names = list(zip(found.tag_run.values, found.tag_name.values, strict=True))
        assert names == [("a", "Loss"), ("b", "lr")]
        assert found.tag_size.values.tolist() == [2, 1]
        assert found.tag_dropped.values.tolist() == [2, 0]
        assert found.tag_step.values.tolist() == [1, 2, 7]
        assert found.tag_value.values.tolist() == [4.0, 2.0, 0.5]
        assert found.histogram_name.values.tolist() == ["w"]
        assert found.histogram_step.values.tolist() == [1, 2]
        median = found.histogram_quantile.sel(quantile=0.5)
        assert median.values.tolist() == [1.0, 1.0]


def dated(*dates: tuple[int, ...]) -> Run:
    """A run of these model times, one loss each."""
    times = [ModelTime(*date, 0, 0, 0, 0) for date in dates]
    steps = [
        timestep(0, [0.5])._replace(key=tuple(time), label=time.label, model_fields=tuple(time))
        for time in times
    ]
    return Run.empty("run", "run").put(steps)


@pytest.mark.parametrize(
    ("dates", "calendar"),
    [
        (((1979, 2, 28), (1979, 2, 30), (1979, 3, 1)), "360_day"),
        (((1979, 2, 28), (1979, 2, 29), (1979, 3, 1)), "all_leap"),
        (((1980, 2, 28), (1980, 2, 29), (1980, 3, 1)), "proleptic_gregorian"),
        (((1, 12, 31), (2, 1, 1), (2, 1, 2)), "proleptic_gregorian"),
        (((12000, 1, 1), (12000, 1, 2), (12000, 1, 3)), "proleptic_gregorian"),
    ],
)
def test_model_time_is_in_the_calendar_of_the_run(
    tmp_path: Path, dates: tuple[tuple[int, ...], ...], calendar: str
) -> None:
    """Idealised runs have 30 February, year 1 or five digits: cftime reads each as it is."""
    path = written(tmp_path / "run.nc", dated(*dates))
    coder = xr.coders.CFDatetimeCoder(use_cftime=True)
    with xr.open_dataset(path, decode_times=coder) as found:
        times = found.time.values
        assert [(one.year, one.month, one.day) for one in times] == list(dates)
        assert times[0].calendar == calendar


def test_steps_without_a_model_time_have_a_dimension_of_their_own(tmp_path: Path) -> None:
    """A job log without ICON's lines: no time is made up."""
    steps = [
        timestep(0, [0.5, 0.25])._replace(key=(n,), label=f"step {n}", model_fields=())
        for n in (3, 7, 12)
    ]
    path = written(tmp_path / "run.nc", Run.empty("run", "run").put(steps))
    with xr.open_dataset(path) as found:
        assert found.step.dims == ("timestep",)
        assert found.step.values.tolist() == [3, 7, 12]
        assert "time" not in found.variables


def test_model_time_that_does_not_rise_is_no_coordinate(tmp_path: Path) -> None:
    """CF wants coordinates to rise; ICON starts over while the network's steps go on."""
    hours = (3, 4, 3, None)
    steps = [
        timestep(0, [0.5])._replace(
            key=(n,),
            label=f"step {n}",
            model_fields=() if hour is None else (1979, 1, 1, hour, 0, 0, 0),
        )
        for n, hour in enumerate(hours)
    ]
    path = written(tmp_path / "run.nc", Run.empty("run", "run").put(steps))
    with xr.open_dataset(path, decode_times=False) as found:
        assert found.model_time.dims == ("timestep",)
        assert found.model_time.values[:3].tolist() == [10800.0, 14400.0, 10800.0]
        assert np.isnan(found.model_time.values[3])
        assert "model_time" in found.loss_mean.coords


def test_a_run_of_tags_alone_is_a_file(tmp_path: Path) -> None:
    """Event files without any loss file."""
    path = written(tmp_path / "run.nc", Run.empty("run", "run"), tagged())
    with xr.open_dataset(path) as found:
        assert found.sizes["tag_point"] == 3
        assert "loss" not in found.variables


def told_by(*words: str) -> str:
    """What a program prints; the test is skipped, by its name, where it is missing."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    done = subprocess.run(words, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ncdump_shows_dates_and_conventions(whole: Path) -> None:
    """Debian's netcdf-bin."""
    head = told_by("ncdump", "-h", str(whole))
    assert ':Conventions = "CF-1.11"' in head
    assert 'time:calendar = "proleptic_gregorian"' in head
    assert '"1979-01-01 01:15"' in told_by("ncdump", "-t", "-v", "time", str(whole))


def test_cdo_reads_and_works_on_it(whole: Path, tmp_path: Path) -> None:
    """Its own figures of our figures: the mean over time of the timesteps' means."""
    assert told_by("cdo", "-s", "ntime", str(whole)).split() == ["12"]
    dates = told_by("cdo", "-s", "showtimestamp", "-selname,loss_mean", str(whole)).split()
    assert dates[5] == "1979-01-01T01:15:00"
    mean = told_by("cdo", "-s", "outputf,%.17g", "-timmean", "-selname,loss_mean", str(whole))
    assert float(mean) == pytest.approx(np.nanmean(whole_run().table.mean), rel=1e-12)
    calendar = written(tmp_path / "days.nc", dated((1979, 2, 28), (1979, 2, 30), (1979, 3, 1)))
    dates = told_by("cdo", "-s", "showdate", "-selname,loss_mean", str(calendar)).split()
    assert dates == ["1979-02-28", "1979-02-30", "1979-03-01"]


def test_memory_does_not_grow_with_the_number_of_losses(tmp_path: Path) -> None:
    """Ten times the losses take the same memory beside the run's own."""

    def peak(timesteps: int) -> int:
        run = run_of(np.full((timesteps, 20_000), 0.5)).prepared()
        tracemalloc.start()
        written(tmp_path / f"{timesteps}.nc", run)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1)
    assert peak(100) < 2 * peak(10) + 2_000_000


def test_a_write_that_fails_leaves_the_older_file(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing half written beside it."""
    before = whole.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("loss_monitor.export.netcdf.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        written(whole, whole_run())
    assert whole.read_bytes() == before
    assert [one.name for one in whole.parent.iterdir()] == ["run.nc"]


def test_a_missing_library_is_told_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, no traceback."""
    modules: dict[str, Any] = sys.modules  # type: ignore[assignment]
    monkeypatch.setitem(modules, "netCDF4", None)
    with pytest.raises(MonitorError, match=r"netCDF4.*pip install netCDF4"):
        written(tmp_path / "run.nc", whole_run())
    assert not list(tmp_path.iterdir())
