"""Loss files: the bytes that the plugins write, read back as the same numbers."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.writer import LossWriter
from loss_monitor.writer.loss_writer import summary_text


def test_a_timestep_becomes_a_log_and_a_summary(tmp_path: Path) -> None:
    """Exact bytes of both files; the step counts on from the one given."""
    writer = LossWriter(tmp_path, global_step=134)
    writer.timestep("1979-01-01 00:15:00", [0.08741236478090286, 3.4e-05])
    assert (tmp_path / "log_1979-01-01 00:15:00.txt").read_bytes() == (
        b"0.08741236478090286\n3.4e-05\n"
    )
    assert (tmp_path / "summary_1979-01-01 00:15:00.txt").read_bytes() == (
        b"Timestep: 1979-01-01 00:15:00\n"
        b"Global Step: 136\n"
        b"Number of Batches: 2\n"
        b"Mean Loss: 0.043723\n"
        b"Std Loss: 0.043689\n"
        b"Min Loss: 0.000034\n"
        b"Max Loss: 0.087412\n"
    )
    assert writer.failures == []


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        ("N1", "log_1979-01-01 00:15:00.txt"),
        ("N2", "log_1979-01-01T00-15-00.000.txt"),
        ("N3", "log_1979-01-01_00-15-00.txt"),
        ("N4", "log_1979-01-01T00-15-00.txt"),
    ],
)
def test_a_file_is_named_in_the_variant_asked_for(tmp_path: Path, variant: str, name: str) -> None:
    """All four spellings that plugins have used."""
    writer = LossWriter(tmp_path, ["log"], time_variant=variant)
    writer.timestep(datetime(1979, 1, 1, 0, 15), [1.0])
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_fraction_of_a_second_is_in_the_name_only_where_there_is_one(tmp_path: Path) -> None:
    """And a date of a 360-day calendar is a date."""
    writer = LossWriter(tmp_path, ["log"])
    writer.timestep("0001-02-30T00:00:00.250", [1.0])
    assert [path.name for path in tmp_path.iterdir()] == ["log_0001-02-30 00:00:00.25.txt"]


@given(st.lists(st.floats(), max_size=30))
def test_losses_read_back_as_the_numbers_that_were_written(
    tmp_path_factory: pytest.TempPathFactory, losses: list[float]
) -> None:
    """Every double, NaN and infinity included, one a line."""
    directory = tmp_path_factory.mktemp("losses")
    LossWriter(directory, ["log"]).timestep("1979-01-01 00:00:00", losses)
    (path,) = directory.iterdir()
    read = [float(line) for line in path.read_text().splitlines()]
    assert np.array_equal(read, losses, equal_nan=True)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30))
def test_a_summary_has_the_figures_of_numpy(losses: list[float]) -> None:
    """Population deviation, six decimals."""
    pairs = dict(line.split(": ") for line in summary_text("T", 1, losses).splitlines())
    for name, figure in (
        ("Mean", np.mean(losses)),
        ("Std", np.std(losses)),
        ("Min", min(losses)),
        ("Max", max(losses)),
    ):
        # Half a printed place, and the rounding of sums of numbers up to 1e9.
        assert float(pairs[f"{name} Loss"]) == pytest.approx(figure, rel=1e-7, abs=6e-7)


@pytest.mark.parametrize("losses", [[], [1.0, math.nan], [math.inf, -math.inf], [1e308, 1e308]])
def test_a_summary_of_odd_losses_is_written(tmp_path: Path, losses: list[float]) -> None:
    """None, NaN, both infinities, a sum beyond the largest double."""
    writer = LossWriter(tmp_path, ["summary"])
    writer.timestep("1979-01-01 00:00:00", losses)
    assert writer.failures == []
    (path,) = tmp_path.iterdir()
    assert f"Number of Batches: {len(losses)}\n" in path.read_text()


def test_a_flushed_log_grows_with_every_batch(tmp_path: Path) -> None:
    """The summary still comes at the end."""
    writer = LossWriter(tmp_path, flush_each_batch=True)
    writer.begin("1979-01-01 00:00:00")
    path = tmp_path / "log_1979-01-01 00:00:00.txt"
    assert path.read_text() == ""
    for count in (1, 2):
        writer.batch(0.5)
        assert path.read_text() == "0.5\n" * count
    assert len(list(tmp_path.iterdir())) == 1
    writer.end()
    assert len(list(tmp_path.iterdir())) == 2


def test_an_unflushed_log_appears_at_the_end_of_its_timestep(tmp_path: Path) -> None:
    """And beginning the next timestep ends the one before."""
    writer = LossWriter(tmp_path)
    writer.begin("1979-01-01 00:00:00")
    writer.batch(0.5)
    assert list(tmp_path.iterdir()) == []
    writer.begin("1979-01-01 00:15:00")
    assert (tmp_path / "log_1979-01-01 00:00:00.txt").read_text() == "0.5\n"


def test_a_repeated_timestep_replaces_its_file(tmp_path: Path) -> None:
    """Under the same name, in place, as a restarted model does."""
    writer = LossWriter(tmp_path, ["log"])
    writer.timestep("1979-01-01 00:00:00", [1.0, 2.0])
    inode = (tmp_path / "log_1979-01-01 00:00:00.txt").stat().st_ino
    writer.timestep("1979-01-01 00:00:00", [3.0])
    path = tmp_path / "log_1979-01-01 00:00:00.txt"
    assert (path.read_text(), path.stat().st_ino) == ("3.0\n", inode)


def test_no_failure_reaches_the_model(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A blocked directory, a time that is none, a loss that is none, wrong settings."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file is in the way")
    writer = LossWriter(blocked, ["log", "nonsense"], time_variant="N9", flush_each_batch=True)
    writer.timestep("1979-01-01 00:00:00", [1.0])
    writer.timestep("yesterday", [1.0])
    writer.timestep("1979-01-01 00:00:00", 5)  # type: ignore[arg-type]
    writer.batch("no number")  # type: ignore[arg-type]
    writer.end()
    text = "\n".join(writer.failures)
    for word in ("nonsense", "N9", "blocked", "yesterday", "no number"):
        assert word in text
    assert len(caplog.records) == 1


def test_a_batch_that_is_no_number_is_left_out_and_the_others_are_kept(tmp_path: Path) -> None:
    """One bad value does not cost the timestep."""
    writer = LossWriter(tmp_path, ["log"])
    writer.begin("1979-01-01 00:00:00")
    writer.batch(1.0)
    writer.batch(None)  # type: ignore[arg-type]
    writer.batch(np.float32(0.5))
    writer.end()
    assert (tmp_path / "log_1979-01-01 00:00:00.txt").read_text() == "1.0\n0.5\n"
    assert len(writer.failures) == 1
