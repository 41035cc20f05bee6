"""A long job log is read at its end first, which leaves no trace once all of it was read."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loss_monitor.clock import ManualClock
from loss_monitor.monitor import job_logs, log_end, reading, thread
from loss_monitor.monitor.log_end import whole_steps
from loss_monitor.series.snapshot import Snapshot
from loss_monitor.types import Timestep
from loss_monitor.writer import JobLogWriter

if TYPE_CHECKING:
    from conftest import Watched

PIECE_BYTES = 512
WRITTEN_S = 1_700_000_000


class TickingClock(ManualClock):
    """A clock that moves with each question, so that reading takes time."""

    def monotonic_s(self) -> float:
        """Return a later time than before."""
        self.advance(0.03)
        return super().monotonic_s()


@pytest.fixture
def watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watched_at: Callable[..., Watched]
) -> Callable[..., Watched]:
    """Make a monitor that reads in small pieces, with or without a look at the end first."""
    monkeypatch.setattr(reading, "READ_BYTES_MAX", PIECE_BYTES)
    monkeypatch.setattr(thread, "SLICE_S", 0.05)
    monkeypatch.setattr(log_end, "WINDOWS_BYTES", (256, 1024, 4096))

    def make(*, end_first: bool, directory: bool = False) -> Watched:
        limit = 0 if end_first else 1 << 60
        monkeypatch.setattr(job_logs, "END_FIRST_FROM_BYTES", limit)
        patterns = [] if directory else [str(tmp_path)]
        return watched_at(tmp_path, patterns, TickingClock(time.time()))

    return make


def log_of(directory: Path, job: int) -> closing[JobLogWriter]:
    """Open one job's log to write to its end."""
    return closing(JobLogWriter(directory / f"LOG.exp.a.run.{job}.o", tasks=2))


def write_steps(directory: Path, job: int, steps: range, *, offset: float = 0.0) -> None:
    """Write ICON's lines and the losses of two ranks; say something now and then."""
    with log_of(directory, job) as log:
        for step in steps:
            log.time_step(step, f"1979-01-01 {step // 60:02d}:{step % 60:02d}:00")
            for rank in range(2):
                log.step(step, step + rank / 8 + offset, rank=rank, grad_norm=0.5 * step)
                if step % 10 == 0:
                    log.checkpoint_saved(step, rank=rank)
            log.line("  ICON says what means nothing here")


def date(directory: Path) -> None:
    """Give all logs one time of writing: steps are dated by it."""
    for path in directory.iterdir():
        os.utime(path, (WRITTEN_S, WRITTEN_S))


def everything(snapshot: Snapshot) -> dict[str, object]:
    """Return all that a reading of logs leaves, but for what it cost and when it was."""
    run, tags = snapshot.run, snapshot.tags
    source = snapshot.source
    return {
        "timesteps": [repr(run.timestep(i)) for i in range(run.n_timesteps)],
        "run": (run.label, run.attempts, run.marks, run.dropped),
        "figures": [run.table.column(name).tobytes() for name in ("mean", "m2", "xy", "attempt")],
        "tags": {
            (tb_run, tag): repr(tags.series(tb_run, tag, "all"))
            for tb_run in tags.runs()
            for tag in tags.scalars(tb_run)
        },
        "activity": [replace(entry, time=0.0) for entry in snapshot.activity],
        "state": (source.state, source.state_text, source.incidents, source.loading),
    }


def newest(snapshot: Snapshot) -> str | None:
    """Return the label of the newest timestep of a snapshot."""
    run = snapshot.run
    return run.label_of(run.n_timesteps - 1) if run.n_timesteps else None


def one_job(directory: Path) -> None:
    """Two hundred steps of one job."""
    write_steps(directory, 7, range(1, 200))


def restart_within(directory: Path) -> None:
    """A process that begins again at an earlier step, in the same log."""
    write_steps(directory, 7, range(1, 150))
    write_steps(directory, 7, range(60, 90), offset=0.25)


def three_jobs(directory: Path) -> None:
    """Each begins before the end of the one before; the last starts over."""
    write_steps(directory, 7, range(1, 100))
    write_steps(directory, 8, range(80, 140), offset=0.25)
    write_steps(directory, 10, range(1, 60), offset=0.5)


def newest_without_losses(directory: Path) -> None:
    """The newest job is still in its dry run, or will never come further."""
    write_steps(directory, 7, range(1, 100))
    with log_of(directory, 8) as log:
        for step in range(1, 30):
            log.dry_run_step(step, 100)


def last_words(directory: Path) -> None:
    """A job that ran out of time, with a rollback and a late rank before."""
    write_steps(directory, 7, range(1, 90))
    with log_of(directory, 7) as log:
        log.nan_detected()
        log.rolled_back(80)
    write_steps(directory, 7, range(90, 100))
    with log_of(directory, 7) as log:
        log.step(91, 0.5, rank=3)
        log.cancelled(7, "2026-01-01T00:00:00", time_limit=True)


def no_model_time(directory: Path) -> None:
    """Neither ICON's lines nor losses in most of the log."""
    with log_of(directory, 7) as log:
        for step in range(1, 300):
            log.step(step, step / 8 if step % 9 == 0 else None, horizon=9)


LOGS = [one_job, restart_within, three_jobs, newest_without_losses, last_words, no_model_time]


@pytest.mark.parametrize("write", LOGS)
def test_a_look_at_the_end_leaves_no_trace(
    tmp_path: Path, watch: Callable[..., Watched], write: Callable[[Path], None]
) -> None:
    """Values, times, attempts, marks, tags, messages and state are those of a plain reading."""
    write(tmp_path)
    date(tmp_path)
    plain = watch(end_first=False).look()
    ahead = watch(end_first=True).look()
    assert ahead.source.io.bytes_read > plain.source.io.bytes_read
    assert everything(ahead) == everything(plain)


@pytest.mark.parametrize("write", LOGS)
def test_the_newest_step_is_on_show_from_the_first_losses_on(
    tmp_path: Path, watch: Callable[..., Watched], write: Callable[[Path], None]
) -> None:
    """It comes with the first version that has any, as it will be, and never goes back."""
    write(tmp_path)
    watched = watch(end_first=True)
    last = watched.look()
    seen = [snapshot for snapshot in watched.published if snapshot.run.n_timesteps]
    assert {newest(snapshot) for snapshot in seen} == {newest(last)}
    ends = {repr(s.run.timestep(-1).values) for s in seen}
    assert ends == {repr(last.run.timestep(-1).values)}
    first = seen[0].source
    assert first.loading is not None
    assert first.loading.bytes_done < first.loading.bytes_total / 10


def test_the_shown_end_belongs_to_its_own_attempt(
    tmp_path: Path, watch: Callable[..., Watched]
) -> None:
    """Every timestep of every version names an attempt that the version has."""
    three_jobs(tmp_path)
    watched = watch(end_first=True)
    watched.look()
    for snapshot in watched.published:
        run = snapshot.run
        if run.n_timesteps:
            assert run.attempts[run.table.attempt[-1]].label == "job 10"
            assert max(run.table.attempt) == len(run.attempts) - 1


def test_progress_counts_each_byte_once(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    """What is read ahead is read again, and is no progress."""
    one_job(tmp_path)
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    watched = watch(end_first=True)
    watched.look()
    done = [s.source.loading.bytes_done for s in watched.published if s.source.loading]
    assert done == sorted(done)
    assert max(np.diff(done)) <= 2 * PIECE_BYTES
    assert size - 4 * PIECE_BYTES < done[-1] <= size
    assert {s.source.loading.bytes_total for s in watched.published if s.source.loading} == {size}


def meddle(watched: Watched, at: Collection[int], act: Callable[[], None]) -> None:
    """Do something to the logs when the monitor has published its `at`-th versions."""

    def publish(snapshot: Snapshot) -> None:
        watched.published.append(snapshot)
        if len(watched.published) in at:
            act()
            # Far enough for the monitor to look again while it reads.
            watched.clock.advance(2.0)

    watched.monitor._publish = publish


def test_a_log_that_grows_meanwhile_is_followed_at_its_end(
    tmp_path: Path, watch: Callable[..., Watched]
) -> None:
    """New steps are on show before the reading has come to them; all is as without."""
    three_jobs(tmp_path)
    date(tmp_path)
    watched = watch(end_first=True)
    following = iter(range(60, 70))

    def grow() -> None:
        step = next(following)
        write_steps(tmp_path, 10, range(step, step + 1), offset=0.5)
        date(tmp_path)

    meddle(watched, {3, 9, 15}, grow)
    ahead = watched.look()
    labels = [newest(s) for s in watched.published if s.source.loading and s.run.n_timesteps]
    assert labels == sorted(labels, key=str)
    assert labels[20:] == ["1979-01-01 01:02:00"] * len(labels[20:])
    assert everything(ahead) == everything(watch(end_first=False).look())


def test_a_log_rewritten_while_it_is_read_is_read_again(
    tmp_path: Path, watch: Callable[..., Watched]
) -> None:
    """The end on show goes with the old content."""
    three_jobs(tmp_path)
    watched = watch(end_first=True)

    def rewrite() -> None:
        (tmp_path / "LOG.exp.a.run.10.o").unlink()
        write_steps(tmp_path, 10, range(1, 20), offset=0.75)

    meddle(watched, {20}, rewrite)
    run = watched.look().run
    assert run.timestep(-1).values.tolist() == [19.75, 19.875]
    assert run.n_timesteps == 19


def test_a_log_that_goes_while_it_is_read_is_no_longer_on_show(
    tmp_path: Path, watch: Callable[..., Watched]
) -> None:
    """What was read ahead of it is not kept: it was never read."""
    three_jobs(tmp_path)
    watched = watch(end_first=True)
    meddle(watched, {10}, (tmp_path / "LOG.exp.a.run.10.o").unlink)
    run = watched.look().run
    assert run.timestep(-1).values.tolist() == [139.25, 139.375]


def test_loss_files_need_no_end_of_a_log(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    """They are the run; the log gives marks and is read once."""
    one_job(tmp_path)
    (log,) = tmp_path.iterdir()
    (tmp_path / "log_1979-01-01 00:15:00.txt").write_text("0.5\n")
    watched = watch(end_first=True, directory=True)
    snapshot = watched.look()
    assert snapshot.run.n_timesteps == 1
    assert snapshot.source.io.opens == 1 + -(-log.stat().st_size // PIECE_BYTES)


_LINES = st.lists(
    st.one_of(
        st.builds(
            lambda rank, step, text: f"[rank={rank}] step={step} {text}",
            st.integers(0, 2),
            st.integers(1, 30),
            st.sampled_from(["loss=0.1", "loss=0.2 g=1", "loss=nan", "waiting horizon=2"]),
        ),
        st.integers(0, 8).map(lambda hour: f"Time step: 0 model time 1979-01-01 0{hour}:00:00.000"),
        st.sampled_from(
            [
                "timestep length: 900 seconds",
                "srun: error",
                "[rank=1] Restored, resuming from step=2",
                "[rank=0] Dry run step 3/9",
                "[rank=0] Checkpoint saved at step=4",
            ]
        ),
    ),
    max_size=40,
)


@given(logs=st.lists(_LINES, min_size=1, max_size=3))
@settings(max_examples=40)
def test_any_logs_read_at_their_ends_first_give_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    watched_at: Callable[..., Watched],
    logs: list[list[str]],
) -> None:
    """Whatever the lines are and wherever the end begins."""
    directory = tmp_path_factory.mktemp("logs")
    for job, lines in enumerate(logs, start=7):
        path = directory / f"LOG.exp.a.run.{job}.o"
        path.write_text("".join(f"{line}\n" for line in lines))
    date(directory)
    found = []
    for limit in (-1, 1 << 60):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading, "READ_BYTES_MAX", 64)
            patch.setattr(log_end, "WINDOWS_BYTES", (100, 300))
            patch.setattr(job_logs, "END_FIRST_FROM_BYTES", limit)
            watched = watched_at(directory, [str(directory)], TickingClock(time.time()))
            found.append(everything(watched.look()))
    assert found[0] == found[1]


def test_steps_without_all_ranks_or_time_do_not_begin_the_end() -> None:
    """Their other lines stand before the piece that was read."""

    def step(number: int, ranks: int, *fields: int) -> Timestep:
        return Timestep((number,), f"step {number}", np.zeros(ranks), model_fields=fields)

    dated = (1979, 1, 1, 0, 0, 0, 0)
    torn = [step(4, 1), step(5, 2), step(6, 1, *dated), step(7, 2, *dated), step(8, 1, *dated)]
    assert [found.key for found in whole_steps(torn)] == [(7,), (8,)]
    assert [found.key for found in whole_steps(torn[:2])] == [(5,)]
    assert whole_steps([]) == ()
