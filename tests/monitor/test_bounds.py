"""Bounds on what is read: what lies beyond is told once, with the setting, and left."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loss_monitor.source.filesystem import file_system_of
from loss_monitor.writer import EventWriter

if TYPE_CHECKING:
    from conftest import Watched


def test_a_file_larger_than_any_timestep_is_left(tmp_path: Path, watched_at: type[Watched]) -> None:
    """Its size would fill the memory; the others are read."""
    watched = watched_at(tmp_path, loss_file_bytes_max=100)
    watched.log(1).write_text("0.5\n")
    watched.log(2).write_text("0.25\n" * 100)
    assert watched.look().run.n_values == 1
    (told,) = [text for text in watched.messages() if "MAX_LOSS_FILE_BYTES" in text]
    assert "is 500 bytes long; expected at most 100" in told


def test_files_beyond_the_bound_are_left(tmp_path: Path, watched_at: type[Watched]) -> None:
    """A directory of millions of names is told, not swallowed."""
    watched = watched_at(tmp_path, files_max=5)
    for number in range(1, 9):
        watched.log(number).write_text("0.5\n")
    assert watched.look().run.n_timesteps == 5
    watched.log(9).write_text("0.5\n")
    assert watched.look().run.n_timesteps == 5
    assert sum("more than 5 files" in text for text in watched.messages()) == 1


def test_tags_beyond_the_bound_are_left(tmp_path: Path, watched_at: type[Watched]) -> None:
    """A file of nothing but tags fills neither memory nor page; the first ones are kept."""
    watched = watched_at(tmp_path, tags_max=3)
    writer = EventWriter(tmp_path / "runs" / "a")
    for number in range(10):
        writer.scalar(f"tag/{number}", 0.5, step=1)
        writer.histogram(f"weights/{number}", [0.1, 0.2, 0.3], step=1)
    writer.flush()
    tags = watched.look().tags
    assert tags.scalars("a") == ("tag/0", "tag/1")
    assert tags.histogram_tags("a") == ("weights/0",)
    writer.scalar("tag/0", 0.25, step=2)
    writer.flush()
    assert list(watched.look().tags.series("a", "tag/0").values) == [0.5, 0.25]
    assert sum("More than 3 tags" in text for text in watched.messages()) == 1


def test_long_tags_are_cut_and_stay_apart(tmp_path: Path, watched_at: type[Watched]) -> None:
    """No address holds a name of 100 KB; two that differ at their ends are two tags."""
    writer = EventWriter(tmp_path / "runs" / "a")
    for end in ("one", "two"):
        writer.scalar("x" * 100_000 + end, 0.5, step=1)
    writer.flush()
    tags = watched_at(tmp_path).look().tags.scalars("a")
    assert len(set(tags)) == 2
    assert {len(tag) for tag in tags} == {1000}


@pytest.mark.usefixtures("core")
@pytest.mark.parametrize("written_s", [10**15, -(10**12)])
def test_a_file_of_a_year_that_no_calendar_has_is_read(
    written_s: int, watched_at: type[Watched]
) -> None:
    """A file server whose clock is broken costs the date of a run, not its losses."""
    place = Path("/dev/shm")
    if file_system_of(place) != "tmpfs":
        pytest.skip("no file system here that keeps such times")
    with tempfile.TemporaryDirectory(dir=place) as folder:
        watched = watched_at(Path(folder))
        watched.log(1).write_text("0.5\n")
        os.utime(watched.log(1), (written_s, written_s))
        assert watched.look().run.n_values == 1
