"""The event file writer: TensorBoard and we read what it wrote, and nothing reaches the model."""

from __future__ import annotations

import errno
import math
import os
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histogram_points import one_by_one
from loss_monitor.parse.event_file import TagNumbers, scan
from loss_monitor.wire.event import Histogram
from loss_monitor.writer import EventWriter

POINTS = st.lists(
    st.tuples(
        st.sampled_from(["Loss/batch", "Learning_rate", "Übergröße"]),
        st.floats(width=32),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(0, 1e11),
    ),
    max_size=60,
)


def written(directory: Path) -> Path:
    """Return the only event file in `directory`."""
    (path,) = directory.iterdir()
    return path


@given(points=POINTS)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[str, float, int, float]]
) -> None:
    """Tag, step, wall time and float32 value of every point, in the order of its tag."""
    directory = tmp_path_factory.mktemp("run")
    writer = EventWriter(directory)
    for tag, value, step, wall_time in points:
        writer.scalar(tag, value, step, wall_time)
    writer.close()
    tags = TagNumbers()
    result = scan(written(directory).read_bytes(), tags)
    assert (result.status, result.records) == ("complete", len(points) + 1)
    points = sorted(points, key=lambda point: tags.names.index(point[0]))
    assert [tags.names[number] for number in result.tag] == [point[0] for point in points]
    assert np.array_equal(result.value, [point[1] for point in points], equal_nan=True)
    assert result.step.tolist() == [point[2] for point in points]
    assert result.wall_time.tolist() == [point[3] for point in points]
    assert writer.failures == []


@pytest.fixture
def tensorboard_reader() -> Any:
    """TensorBoard's own reader of a run directory, everything kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    everything = {"scalars": 0, "histograms": 0}
    return lambda path: accumulator.EventAccumulator(str(path), size_guidance=everything).Reload()


def test_tensorboard_reads_the_file(tmp_path: Path, tensorboard_reader: Any) -> None:
    """Its accumulator finds the version, all scalars and the histogram."""
    writer = EventWriter(tmp_path / "runs" / "experiment_1979-01-01 00:00:00")
    for step in range(100):
        writer.scalar("Loss/batch", math.nan if step == 7 else 1 / (step + 1), step, 1e9 + step)
    writer.histogram("Parameters/w", np.linspace(-1, 1, 301), 99, 1e9)
    writer.close()
    read = tensorboard_reader(writer.directory)
    assert read.file_version == 2.0
    scalars = read.Scalars("Loss/batch")
    assert [point.step for point in scalars] == list(range(100))
    assert [point.wall_time for point in scalars] == [1e9 + step for step in range(100)]
    assert math.isnan(scalars[7].value)
    assert scalars[99].value == np.float32(0.01)
    (point,) = read.Histograms("Parameters/w")
    assert point.histogram_value.num == sum(point.histogram_value.bucket) == 301
    assert (point.histogram_value.min, point.histogram_value.max) == (-1.0, 1.0)


def test_a_file_is_named_as_tensorboard_expects_and_begins_with_its_version(
    tmp_path: Path,
) -> None:
    """The first record is in the file before anything is added."""
    writer = EventWriter(tmp_path, wall_time=1_700_000_000.9)
    name = written(tmp_path).name
    assert re.fullmatch(rf"events\.out\.tfevents\.1700000000\..+\.{os.getpid()}\.\d+", name)
    assert b"brain.Event:2" in written(tmp_path).read_bytes()
    assert writer.path == str(tmp_path / name)
    writer.close()


def test_two_writers_of_one_process_write_two_files(tmp_path: Path) -> None:
    """As a restart within a process does, in the same second."""
    writers = [EventWriter(tmp_path, wall_time=1.0) for _ in range(2)]
    assert len(list(tmp_path.iterdir())) == 2
    for writer in writers:
        writer.close()


def test_records_reach_the_file_at_a_flush(tmp_path: Path) -> None:
    """Not before, and then whole."""
    writer = EventWriter(tmp_path)
    size = written(tmp_path).stat().st_size
    writer.scalar("Loss/batch", 1.0, 1)
    assert written(tmp_path).stat().st_size == size
    writer.flush()
    assert scan(written(tmp_path).read_bytes(), TagNumbers()).records == 2
    writer.close()


def test_many_records_reach_the_file_without_a_flush(tmp_path: Path) -> None:
    """What is held stays bounded."""
    writer = EventWriter(tmp_path)
    for step in range(6000):
        writer.scalar("Loss/batch", 1.0, step, 1.0)
    assert scan(written(tmp_path).read_bytes(), TagNumbers()).records > 5000
    writer.close()


def test_a_ready_histogram_is_written_as_it_is(tmp_path: Path) -> None:
    """For models that count on the accelerator."""
    writer = EventWriter(tmp_path)
    writer.histogram("w", Histogram(0.0, 2.0, 3.0, 4.0, 5.0, [1.0, 2.0], [1.0, 2.0]), 1, 2.0)
    writer.close()
    ((_, point),) = one_by_one(scan(written(tmp_path).read_bytes(), TagNumbers()).histograms)
    assert (point.edges.tolist(), point.counts.tolist()) == ([0.0, 1.0, 2.0], [1.0, 2.0])


def test_a_value_that_is_no_number_is_remembered_and_raises_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The model goes on; the log has one line however often it happens."""
    writer = EventWriter(tmp_path)
    for step in range(300):
        writer.scalar("Loss/batch", "no number", step)  # type: ignore[arg-type]
    writer.histogram("w", "no numbers", 1)
    writer.histogram("w", [math.nan], 1)
    writer.scalar("Loss/batch", 0.5, 301)
    writer.close()
    assert len(writer.failures) == 100
    assert "Loss/batch" in writer.failures[0]
    assert len(caplog.records) == 1
    assert scan(written(tmp_path).read_bytes(), TagNumbers()).value.tolist() == [0.5]


def test_a_directory_that_cannot_be_made_is_tried_again(tmp_path: Path) -> None:
    """The records are held, and nothing is lost once it can be made."""
    blocked = tmp_path / "runs"
    blocked.write_text("a file is in the way")
    writer = EventWriter(blocked)
    writer.scalar("Loss/batch", 0.5, 1)
    writer.flush()
    assert writer.path is None
    assert len(writer.failures) == 2
    blocked.unlink()
    writer.close()
    assert scan(written(blocked).read_bytes(), TagNumbers()).records == 2


def test_a_full_disk_leaves_whole_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes taken in part are continued, so that no record is torn for good."""
    writer = EventWriter(tmp_path)
    real_write, room = os.write, [10]

    def write_with_little_room(descriptor: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = real_write(descriptor, bytes(data[: room[0]]))
        room[0] -= count
        return count

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_with_little_room)
        writer.scalar("Loss/batch", 0.5, 1)
        writer.flush()
    assert "No space left" in writer.failures[0]
    assert scan(written(tmp_path).read_bytes(), TagNumbers()).status == "incomplete"
    writer.scalar("Loss/batch", 0.25, 2)
    writer.close()
    result = scan(written(tmp_path).read_bytes(), TagNumbers())
    assert (result.status, result.value.tolist()) == ("complete", [0.5, 0.25])


def test_a_closed_writer_refuses_and_raises_nothing(tmp_path: Path) -> None:
    """Closing twice is fine, too."""
    writer = EventWriter(tmp_path)
    writer.close()
    writer.close()
    writer.scalar("Loss/batch", 0.5, 1)
    writer.flush()
    assert "closed" in writer.failures[0]
    assert scan(written(tmp_path).read_bytes(), TagNumbers()).records == 1


def test_a_stop_of_the_process_is_not_held_back(tmp_path: Path) -> None:
    """`KeyboardInterrupt` and `SystemExit` are no failures of the writer."""

    class Stopping:
        def __float__(self) -> float:
            raise KeyboardInterrupt

    writer = EventWriter(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        writer.scalar("Loss/batch", Stopping(), 1)  # type: ignore[arg-type]
    writer.close()
