"""The losses and the summary of a timestep, which must be of one writing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loss_monitor.activity import ActivityLog
from loss_monitor.clock import ManualClock
from loss_monitor.monitor.loss_log import LogFile
from loss_monitor.monitor.reading import Reading
from loss_monitor.monitor.slot import SummaryFile
from loss_monitor.source.found import FileStat, FoundFile
from loss_monitor.source.names import FileKind

if TYPE_CHECKING:
    from conftest import Watched


def summary_of(log: Path) -> Path:
    """The summary beside a loss file."""
    return log.with_name(log.name.replace("log_", "summary_"))


def write_log(path: Path, losses: list[float], written_s: float) -> None:
    """As the plugin does, at a time."""
    path.write_text("".join(f"{loss:.6f}\n" for loss in losses))
    os.utime(path, (written_s, written_s))


def write_summary(path: Path, losses: list[float], written_s: float) -> None:
    """As the plugin does, behind the losses."""
    mean = sum(losses) / len(losses)
    path.write_text(f"Number of Batches: {len(losses)}\nMean Loss: {mean:.6f}\n")
    os.utime(path, (written_s, written_s))


def found_at(path: Path) -> FoundFile:
    """A file as a watch sees it now."""
    return FoundFile(str(path), "", FileKind.SUMMARY, None, FileStat.of(path.stat()))


@pytest.fixture
def trained(watched: Watched) -> Watched:
    """A training of nine timesteps that was looked at."""
    start_s = watched.clock.wall_s() - 10_000
    for number in range(1, 10):
        log = watched.log(number)
        write_log(log, [1.0 / number] * 4, start_s + number)
        write_summary(summary_of(log), [1.0 / number] * 4, start_s + number + 0.5)
    watched.look()
    return watched


def mismatches(watched: Watched) -> list[str]:
    """What was told of summaries that disagree."""
    return [a.message for a in watched.monitor.snapshot.alerts if a.rule == "mismatch"]


def test_losses_that_are_written_again_are_not_held_against_the_summary_before(
    trained: Watched,
) -> None:
    """The timestep grows until its summary is there; the summary of other losses is told then."""
    log, later_s = trained.log(5), trained.clock.wall_s()
    write_log(log, [0.75, 0.5], later_s)
    timestep = trained.look().run.timestep(4)
    assert (timestep.summary, timestep.complete) == ((), False)
    write_summary(summary_of(log), [0.75, 0.5], later_s + 1)
    timestep = trained.look().run.timestep(4)
    assert dict(timestep.summary)["Mean Loss"] == 0.625
    assert timestep.complete
    assert mismatches(trained) == []
    write_summary(summary_of(log), [0.5, 0.5], later_s + 2)
    trained.look()
    assert mismatches(trained) == ["the summary disagrees with the losses: Mean Loss"]


def test_losses_are_looked_at_again_where_their_summary_is_new(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plugin writes both while the watch goes through the directory."""
    log, written_s = watched.log(1), watched.clock.wall_s()
    write_log(log, [0.75], written_s)
    watched.look()
    write_summary(summary_of(log), [0.75, 0.5], written_s + 1)
    read = SummaryFile.read

    def read_late(summary: SummaryFile, *given: object) -> bool:
        write_log(log, [0.75, 0.5], written_s + 0.5)
        return read(summary, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(SummaryFile, "read", read_late)
    timestep = watched.look().run.timestep(0)
    assert timestep.values.tolist() == [0.75, 0.5]
    assert mismatches(watched) == []


def test_a_summary_of_other_losses_is_told_also_where_it_came_first(watched: Watched) -> None:
    """Copies have their times in any order; which was written last tells nothing of those."""
    log, written_s = watched.log(1), watched.clock.wall_s() - 100
    write_log(log, [0.75, 0.5], written_s)
    write_summary(summary_of(log), [0.5, 0.5], written_s - 50)
    watched.look()
    assert mismatches(watched) == ["the summary disagrees with the losses: Mean Loss"]


def test_a_summary_counts_by_what_was_read_not_by_what_was_seen_of_it(tmp_path: Path) -> None:
    """Log and summary are written again behind a look; the next one sees the log first."""
    clock = ManualClock()
    reading = Reading(clock, ActivityLog(clock, 10))
    log, path = tmp_path / "log_1979-01-01 00:01:00.txt", tmp_path / "summary.txt"
    write_summary(path, [0.75], 1.0)
    summary = SummaryFile(found_at(path))
    write_log(log, [0.5], 2.0)
    write_summary(path, [0.5], 3.0)
    assert summary.read(reading)
    summary.outlive([LogFile(found_at(log))])
    assert dict(summary.pairs)["Mean Loss"] == 0.5
    write_log(log, [0.25], 4.0)
    summary.outlive([LogFile(found_at(log))])
    assert summary.pairs == ()


def test_a_summary_that_was_emptied_says_nothing_any_more(watched: Watched) -> None:
    """Its pairs are those of another file."""
    log, written_s = watched.log(1), watched.clock.wall_s()
    write_log(log, [0.75], written_s)
    write_summary(summary_of(log), [0.75], written_s + 1)
    assert watched.look().run.timestep(0).summary
    summary_of(log).write_text("")
    assert not watched.look().run.timestep(0).summary
