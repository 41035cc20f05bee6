"""Event files written by tensorboardX, read by us and by TensorBoard's own reader."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from histogram_points import one_by_one
from loss_monitor.parse.event_file import TagNumbers, scan

pytestmark = pytest.mark.usefixtures("core")


@pytest.fixture(scope="module")
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run as the training plugin logs it through a torch-like writer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        writer_class = pytest.importorskip("tensorboardX").SummaryWriter
    directory = tmp_path_factory.mktemp("runs") / "experiment_1979-01-01 00:00:00"
    writer = writer_class(str(directory))
    source = np.random.default_rng(5)
    for step in range(200):
        loss = math.nan if step == 50 else math.inf if step == 51 else float(source.random())
        writer.add_scalar("Loss/batch", loss, step * 1000, walltime=1.7e9 + step)
        writer.add_scalar("Learning_rate", 1e-4, step % 70, walltime=1.7e9 + step)
        if step % 20 == 0:
            writer.add_histogram("Parameters/w", source.normal(size=500), step)
    writer.add_text("note", "some **text**")
    writer.close()
    return directory


@pytest.fixture(scope="module")
def accumulated(run_directory: Path) -> Any:
    """What TensorBoard's own reader makes of the run, everything kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
        result = accumulator.EventAccumulator(
            str(run_directory),
            size_guidance={"scalars": 0, "histograms": 0, "tensors": 0},
            purge_orphaned_data=False,
        )
        return result.Reload()


def test_scalars_are_those_of_tensorboard(run_directory: Path, accumulated: Any) -> None:
    """Steps, wall times and float32 values, bit by bit, NaN and infinity included."""
    (path,) = run_directory.iterdir()
    tags = TagNumbers()
    result = scan(path.read_bytes(), tags)
    assert result.status == "complete"
    assert set(accumulated.Tags()["scalars"]) == {"Loss/batch", "Learning_rate"}
    for tag in accumulated.Tags()["scalars"]:
        mine = result.tag == tags.names.index(tag)
        theirs = accumulated.Scalars(tag)
        assert result.step[mine].tolist() == [event.step for event in theirs]
        assert result.wall_time[mine].tolist() == [event.wall_time for event in theirs]
        assert np.array_equal(result.value[mine], [event.value for event in theirs], equal_nan=True)


def test_histograms_are_those_of_tensorboard(run_directory: Path, accumulated: Any) -> None:
    """The same figures, and the same limits between buckets."""
    (path,) = run_directory.iterdir()
    result = scan(path.read_bytes(), TagNumbers())
    theirs = accumulated.Histograms("Parameters/w")
    points = [point for _, point in one_by_one(result.histograms)]
    assert len(points) == len(theirs) == 10
    for point, event in zip(points, theirs, strict=True):
        value = event.histogram_value
        assert (point.step, point.min, point.max) == (event.step, value.min, value.max)
        assert (point.num, point.sum, point.sum_squares) == (
            value.num,
            value.sum,
            value.sum_squares,
        )
        ours = filled(point.edges[1:], point.counts)
        # The last limit is the greatest value instead of theirs.
        assert ours[:-1] == filled(value.bucket_limit, value.bucket)[:-1]
        assert ours[-1] == (value.max, value.bucket[-1])


def filled(limits: Iterable[float], counts: Iterable[float]) -> list[tuple[float, float]]:
    """Return the upper limits and counts of the buckets that hold something."""
    return [(limit, count) for limit, count in zip(limits, counts, strict=True) if count]


def test_a_text_is_counted_and_left_out(run_directory: Path) -> None:
    """Nothing is hidden: what is passed over has a number."""
    (path,) = run_directory.iterdir()
    assert scan(path.read_bytes(), TagNumbers()).skipped == {"text": 1}
